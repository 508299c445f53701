// SPDX-License-Identifier: BSD-3-Clause
#include "addressorder.h"

#include <algorithm>

namespace QNetPool {

QList<QHostAddress> interleaved(const QList<QHostAddress> &addresses)
{
    if (addresses.size() < 3)
        return addresses;
    const auto isOfFirstFamily = [first = addresses.first().protocol()](const QHostAddress &address) {
        return address.protocol() == first;
    };
    QList<QHostAddress> ones;
    QList<QHostAddress> others;
    std::partition_copy(addresses.begin(), addresses.end(), std::back_inserter(ones), std::back_inserter(others),
                        isOfFirstFamily);
    QList<QHostAddress> result;
    result.reserve(addresses.size());
    for (qsizetype i = 0; i < std::max(ones.size(), others.size()); ++i) {
        if (i < ones.size())
            result << ones.at(i);
        if (i < others.size())
            result << others.at(i);
    }
    return result;
}

} // namespace QNetPool
