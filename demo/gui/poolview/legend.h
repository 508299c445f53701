// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cell.h"

#include <QtWidgets/QWidget>

namespace Demo {

// What each colour means, and how many there are of it.
class Legend final : public QWidget
{
    Q_OBJECT

public:
    using Counts = std::array<int, cellStates.size()>;

    explicit Legend(QWidget *parent = nullptr);

    void setCounts(const Counts &counts);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    int side() const; // of a swatch
    int entryWidth(CellState state) const;

    Counts m_counts{};
};

} // namespace Demo
