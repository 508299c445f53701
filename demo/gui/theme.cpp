// SPDX-License-Identifier: BSD-3-Clause
#include "theme.h"

#include <QtWidgets/QApplication>
#include <QtWidgets/QStyle>
#include <QtWidgets/QStyleFactory>

namespace Demo {

static QPalette lightPalette()
{
    QPalette palette(QColor(0xf4, 0xf5, 0xf7));
    palette.setColor(QPalette::Window, QColor(0xf4, 0xf5, 0xf7));
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::AlternateBase, QColor(0xf7, 0xf8, 0xfa));
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, QColor(0x1d, 0x23, 0x2b));
    palette.setColor(QPalette::ToolTipBase, Qt::white);
    palette.setColor(QPalette::PlaceholderText, QColor(0x6b, 0x74, 0x80));
    palette.setColor(QPalette::Highlight, QColor(0x00, 0x72, 0xb2));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x00, 0x72, 0xb2));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0x8a, 0x92, 0x9c));
    return palette;
}

static QPalette darkPalette()
{
    QPalette palette(QColor(0x26, 0x2b, 0x31));
    palette.setColor(QPalette::Window, QColor(0x1e, 0x22, 0x27));
    palette.setColor(QPalette::Base, QColor(0x16, 0x1a, 0x1e));
    palette.setColor(QPalette::AlternateBase, QColor(0x1b, 0x1f, 0x24));
    palette.setColor(QPalette::Button, QColor(0x2b, 0x31, 0x38));
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, QColor(0xdd, 0xe1, 0xe6));
    palette.setColor(QPalette::ToolTipBase, QColor(0x2b, 0x31, 0x38));
    palette.setColor(QPalette::PlaceholderText, QColor(0x8a, 0x92, 0x9c));
    palette.setColor(QPalette::Highlight, QColor(0x2f, 0x7f, 0xb8));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x56, 0xb4, 0xe9));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0x76, 0x7f, 0x8a));
    return palette;
}

void apply(Theme theme)
{
    if (theme == Theme::System)
        return;
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(theme == Theme::Dark ? darkPalette() : lightPalette());
}

} // namespace Demo
