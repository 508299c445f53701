// SPDX-License-Identifier: BSD-3-Clause
#include "show.h"

#include "gui/frames.h"
#include "gui/icons.h"
#include "gui/theme.h"
#include "mainwindow.h"

#include <QtCore/QLibraryInfo>
#include <QtCore/QSettings>
#include <QtCore/QTranslator>

#include <cstdio>

namespace Demo {

static QString toJson(const FrameTimes &times)
{
    return QStringLiteral(R"("frames":%1,"frame_ms_p50":%2,"frame_ms_p99":%3,"frame_ms_max":%4)")
            .arg(times.frames)
            .arg(times.p50, 0, 'f', 2)
            .arg(times.p99, 0, 'f', 2)
            .arg(times.maximum, 0, 'f', 2);
}

static Theme themeOf(const QString &name)
{
    return name == QLatin1String("dark") ? Theme::Dark : name == QLatin1String("light") ? Theme::Light : Theme::System;
}

static void translate(const QLocale &locale, QTranslator &translator, const QString &name, const QString &folder)
{
    if (translator.load(locale, name, QStringLiteral("_"), folder))
        QCoreApplication::installTranslator(&translator);
}

int showWindow(const CommandLine &commandLine)
{
    apply(themeOf(commandLine.theme));
    QApplication::setWindowIcon(applicationIcon());
    QApplication::setDesktopFileName(QStringLiteral("qnetpool-demo")); // where Wayland looks for the icon
    QTranslator translator;
    QTranslator translatorOfQt;
    translate(commandLine.locale, translatorOfQt, QStringLiteral("qtbase"),
              QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    translate(commandLine.locale, translator, QStringLiteral("qnetpool-demo"), QStringLiteral(":/translations"));
    MainWindow window(commandLine.settings);
    window.resize(1280, 800);
    QSettings store(QStringLiteral("QNetPool"), QStringLiteral("qnetpool-demo"));
    const bool isRemembering = commandLine.screenshot.isEmpty(); // a picture is the same everywhere
    const bool isOnlyWindow = !commandLine.hasPoolOptions && !commandLine.scenario; // else it is about this run alone
    if (isRemembering)
        window.restore(store, isOnlyWindow);
    window.show();
    auto *application = static_cast<MeasuringApplication *>(qApp);
    if (commandLine.scenario)
        window.play(*commandLine.scenario);
    else
        window.start();
    const bool isWatched = commandLine.screenshot.isEmpty() && commandLine.duration.count() == 0; // by who can read the log
    if (!window.run() && !isWatched) {
        std::fprintf(stderr, "qnetpool-demo: %s\n", qPrintable(window.lastError()));
        return 2;
    }
    int result = 0;
    if (!commandLine.screenshot.isEmpty()) {
        QTimer::singleShot(commandLine.screenshotAfter, &window, [&] {
            if (!window.grab().save(commandLine.screenshot)) {
                std::fprintf(stderr, "qnetpool-demo: cannot write %s\n", qPrintable(commandLine.screenshot));
                result = 2;
            }
            window.close();
        });
    }
    if (commandLine.duration.count() > 0)
        QTimer::singleShot(commandLine.duration, &window, &QWidget::close);
    QTimer::singleShot(std::chrono::seconds(1), application,
                       &MeasuringApplication::startMeasuring); // to show a window for the first time takes longer
    QApplication::exec();
    if (isRemembering)
        window.save(store, isOnlyWindow);
    if (commandLine.measuresFrames)
        std::puts(qPrintable(toJson(window.snapshot(), toJson(application->frameTimes()))));
    return result;
}

} // namespace Demo
