// SPDX-License-Identifier: BSD-3-Clause
#include "curveimage.h"

#include <algorithm>
#include <cmath>

namespace Demo {

CurveImage::CurveImage(QSize size) : m_image(size, QImage::Format_ARGB32_Premultiplied)
{
    m_image.fill(Qt::transparent);
    m_pixels = reinterpret_cast<QRgb *>(m_image.bits());
    m_stride = m_image.bytesPerLine() / qsizetype(sizeof(QRgb));
}

static uint share(double coverage)
{
    return uint(std::lround(coverage * 256));
}

// Both premultiplied; the coverage is of 256.
static QRgb blended(QRgb above, uint coverage, QRgb below)
{
    const uint left = 256 - (qAlpha(above) * coverage + 254) / 255;
    // Two channels at once, each with room for the product.
    constexpr QRgb pair = 0x00ff00ff;
    const QRgb even = ((above & pair) * coverage >> 8 & pair) + ((below & pair) * left >> 8 & pair);
    const QRgb odd = ((above >> 8 & pair) * coverage >> 8 & pair) + ((below >> 8 & pair) * left >> 8 & pair);
    return even | odd << 8;
}

// Row by row, as the memory lies. Its edge is below the line.
void CurveImage::fillBelow(const std::vector<Extent> &columns, const QColor &color)
{
    const QRgb above = qPremultiply(color.rgba());
    const int height = m_image.height();
    std::vector<int> firstRows(columns.size(), height);
    for (size_t column = 0; column < columns.size(); ++column)
        if (!columns[column].isNone())
            firstRows[column] = int(std::clamp<double>(std::round(columns[column].low), 0, height));
    for (int row = 0; row < height; ++row) {
        QRgb *pixel = m_pixels + row * m_stride;
        for (const int firstRow : firstRows) {
            if (row >= firstRow)
                *pixel = *pixel == 0 ? above : blended(above, 256, *pixel);
            ++pixel;
        }
    }
}

void CurveImage::stroke(const std::vector<Extent> &columns, double thickness, const QColor &color)
{
    const QRgb pixel = qPremultiply(color.rgba());
    for (size_t column = 0; column < columns.size(); ++column)
        if (const Extent &extent = columns[column]; !extent.isNone())
            paintColumn(int(column), extent.low - thickness / 2, extent.high + thickness / 2, pixel);
}

// A pixel that is covered in part gets as much of the colour.
void CurveImage::paintColumn(int column, double top, double bottom, QRgb color)
{
    top = std::clamp<double>(top, 0, m_image.height());
    bottom = std::clamp<double>(bottom, top, m_image.height());
    const auto paint = [&](int row, double part) {
        QRgb &pixel = m_pixels[row * m_stride + column];
        pixel = blended(color, share(part), pixel);
    };
    const int firstWhole = int(std::ceil(top));
    const int endOfWhole = int(std::floor(bottom));
    if (firstWhole > endOfWhole) { // within one pixel
        paint(endOfWhole, bottom - top);
        return;
    }
    if (firstWhole > top)
        paint(firstWhole - 1, firstWhole - top);
    QRgb *pixel = m_pixels + firstWhole * m_stride + column;
    for (int row = firstWhole; row < endOfWhole; ++row, pixel += m_stride)
        *pixel = color;
    if (endOfWhole < bottom)
        paint(endOfWhole, bottom - endOfWhole);
}

} // namespace Demo
