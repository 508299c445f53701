// SPDX-License-Identifier: BSD-3-Clause
#include "troubleshooting.h"

#include <QtCore/QDirIterator>
#include <QtTest/QTest>

// README quotes what the pool says. (That each failure has a row, tst_errors and tst_acquire check.)
class tst_Readme : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void sentencesAreThePools_data();
    void sentencesAreThePools();

private:
    QString m_said; // every string of the library's sources, one a line, and its public headers
};

void tst_Readme::initTestCase()
{
    // Adjacent ones are one.
    static const QRegularExpression strings(
            QStringLiteral("\"(?:[^\"\\\\\\n]|\\\\.)*\"(?:\\s*\"(?:[^\"\\\\\\n]|\\\\.)*\")*"));
    static const QRegularExpression seam(QStringLiteral("\"\\s*\""));
    const QString root = QStringLiteral(QNETPOOL_CERTIFICATES "/../../");
    for (QDirIterator sources(root + QStringLiteral("src"), {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files,
                              QDirIterator::Subdirectories);
         sources.hasNext();) {
        const QString text = Troubleshooting::textOf(QDir(root).relativeFilePath(sources.next()));
        for (const QRegularExpressionMatch &match : strings.globalMatch(text))
            m_said += match.captured().remove(seam).remove(u'\\') + u'\n';
    }
    for (const char *header : {"pool.h", "poolstatistics.h"})
        m_said += Troubleshooting::textOf(QStringLiteral("include/qnetpool/") + QLatin1String(header));
    QVERIFY(m_said.contains(u"no answer within"));
}

void tst_Readme::sentencesAreThePools_data()
{
    QTest::addColumn<QStringList>("parts");
    const QList<QStringList> sightings = Troubleshooting::sightings();
    QVERIFY(sightings.size() > 20);
    for (const QStringList &parts : sightings)
        QTest::addRow("%s", qPrintable(parts.join(QStringLiteral(" ... ")))) << parts;
}

void tst_Readme::sentencesAreThePools()
{
    QFETCH(const QStringList, parts);
    static const QRegularExpression example(QStringLiteral("([0-9]+)"));
    for (const QString &part : parts) {
        if (part == u"refused" || part == u"Host not found") // are the system's and Qt's words
            continue;
        // An example's number stands for an argument.
        QString pattern = QRegularExpression::escape(part);
        pattern.replace(example, QStringLiteral("(?:%[0-9]+|\\1)"));
        QVERIFY2(QRegularExpression(pattern).match(m_said).hasMatch(), qPrintable(part));
    }
}

QTEST_GUILESS_MAIN(tst_Readme)
#include "tst_readme.moc"
