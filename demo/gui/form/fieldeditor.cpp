// SPDX-License-Identifier: BSD-3-Clause
#include "fieldeditor.h"

#include <QtCore/QEvent>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QDoubleSpinBox>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QSpinBox>

#include <algorithm>
#include <limits>

namespace Demo {

namespace {

// Scrolling through the form must not change values: the wheel is for the editor that has the focus.
class WheelGuard final : public QObject
{
public:
    using QObject::QObject;

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() != QEvent::Wheel || static_cast<QWidget *>(watched)->hasFocus())
            return QObject::eventFilter(watched, event);
        event->ignore();
        return true;
    }
};

void guardWheel(QWidget *widget)
{
    widget->setFocusPolicy(Qt::StrongFocus);
    widget->installEventFilter(new WheelGuard(widget));
}

FieldEditor numberEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed)
{
    auto *box = new QSpinBox(parent);
    box->setRange(info.minimum, info.maximum);
    box->setGroupSeparatorShown(!info.isRequired); // a port is a number, but no quantity
    box->setAccelerated(true);
    if (info.kind == FieldKind::Time) {
        box->setSuffix(FieldInfo::tr(" ms"));
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    }
    if (info.zero && info.minimum == 0)
        box->setSpecialValueText(FieldInfo::tr(info.zero));
    guardWheel(box);
    QObject::connect(box, &QSpinBox::valueChanged, box, changed);
    return {box, [box] { return QString::number(box->value()); },
            [box](const QString &text) {
                constexpr auto most = qint64(std::numeric_limits<int>::max());
                box->setValue(int(std::clamp(text.toLongLong(), -most, most)));
            }};
}

FieldEditor shareEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed)
{
    auto *box = new QDoubleSpinBox(parent);
    box->setRange(0, 1);
    box->setDecimals(3);
    box->setSingleStep(0.05);
    if (info.zero)
        box->setSpecialValueText(FieldInfo::tr(info.zero));
    guardWheel(box);
    QObject::connect(box, &QDoubleSpinBox::valueChanged, box, changed);
    return {box, [box] { return QString::number(box->value(), 'g', QLocale::FloatingPointShortest); },
            [box](const QString &text) { box->setValue(text.toDouble()); }};
}

FieldEditor switchEditor(QWidget *parent, const std::function<void()> &changed)
{
    auto *box = new QCheckBox(parent);
    QObject::connect(box, &QCheckBox::toggled, box, changed);
    return {box, [box] { return box->isChecked() ? QStringLiteral("true") : QStringLiteral("false"); },
            [box](const QString &text) { box->setChecked(text == QLatin1String("true")); }};
}

FieldEditor choiceEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed)
{
    auto *box = new QComboBox(parent);
    for (const FieldChoice &choice : info.choices)
        box->addItem(FieldInfo::tr(choice.label), QString::fromLatin1(choice.name));
    guardWheel(box);
    QObject::connect(box, &QComboBox::currentIndexChanged, box, changed);
    return {box, [box] { return box->currentData().toString(); },
            [box](const QString &text) { box->setCurrentIndex(box->findData(text)); }};
}

QString placeholderOf(const FieldInfo &info)
{
    switch (info.kind) {
    case FieldKind::Peers:
        return FieldInfo::tr("any; or 192.0.2.7, 10.0.0.0/8, …");
    case FieldKind::Fingerprints:
        return FieldInfo::tr("any certificate");
    default:
        return info.isRequired ? QString() : FieldInfo::tr("the host");
    }
}

FieldEditor lineEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed)
{
    auto *line = new QLineEdit(parent);
    line->setPlaceholderText(placeholderOf(info));
    QObject::connect(line, &QLineEdit::textChanged, line, changed);
    return {line, [line] { return line->text(); },
            [line](const QString &text) {
                line->setText(text);
                line->setCursorPosition(0); // the beginning of a long list tells more than its end
            }};
}

FieldEditor summary(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(Qt::StrongFocus);
    return {label, [label] { return label->text(); }, [label](const QString &text) { label->setText(text); }};
}

} // namespace

FieldEditor makeEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed)
{
    switch (info.kind) {
    case FieldKind::Number:
    case FieldKind::Time:
        return numberEditor(info, parent, changed);
    case FieldKind::Share:
        return shareEditor(info, parent, changed);
    case FieldKind::Switch:
        return switchEditor(parent, changed);
    case FieldKind::Choice:
        return choiceEditor(info, parent, changed);
    case FieldKind::Text:
    case FieldKind::Peers:
    case FieldKind::Fingerprints:
        return lineEditor(info, parent, changed);
    case FieldKind::Shown:
        break;
    }
    return summary(parent);
}

} // namespace Demo
