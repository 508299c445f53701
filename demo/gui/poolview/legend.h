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

    QSize sizeHint() const override; // all in a row
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override; // in as many rows as it takes

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    using Places = std::array<QRect, cellStates.size()>;
    Places placesIn(int width) const;
    int side() const; // of a swatch
    int rowHeight() const;
    int entryWidth(CellState state) const;

    Counts m_counts{};
};

} // namespace Demo
