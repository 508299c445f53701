// SPDX-License-Identifier: BSD-3-Clause
#include "errorratelimiter.h"

#include <QtTest/QTest>

using namespace QNetPool;
using namespace std::chrono_literals;

// Which errors are told one by one, and which together.
class tst_ErrorRateLimiter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsTheFirstOfEachKind();
    void tellsTheRestTogether();
    void beginsAnewWithEachWindow();
};

static int admitted(ErrorRateLimiter &flood, Pool::Error error, int count, ErrorRateLimiter::Clock::time_point now)
{
    int result = 0;
    for (int i = 0; i < count; ++i)
        result += flood.admits(error, QString::number(i), now);
    return result;
}

void tst_ErrorRateLimiter::tellsTheFirstOfEachKind()
{
    const ErrorRateLimiter::Clock::time_point now{1h};
    ErrorRateLimiter flood;
    QCOMPARE(admitted(flood, Pool::Error::PeerRejected, 1000, now), ErrorRateLimiter::ToldOneByOne);
    QCOMPARE(admitted(flood, Pool::Error::TlsFailed, 1000, now), ErrorRateLimiter::ToldOneByOne);
    QVERIFY(!flood.admits(Pool::Error::PeerRejected, {}, now + 999ms));
}

void tst_ErrorRateLimiter::tellsTheRestTogether()
{
    const ErrorRateLimiter::Clock::time_point now{1h};
    ErrorRateLimiter flood;
    QVERIFY(flood.takeWithheld().empty());
    admitted(flood, Pool::Error::PeerRejected, ErrorRateLimiter::ToldOneByOne, now);
    QVERIFY(flood.takeWithheld().empty());
    admitted(flood, Pool::Error::PeerRejected, 7, now);
    admitted(flood, Pool::Error::TlsFailed, ErrorRateLimiter::ToldOneByOne + 1, now);
    const std::vector<ErrorRateLimiter::Withheld> withheld = flood.takeWithheld();
    QCOMPARE(withheld.size(), 2u);
    QCOMPARE(withheld[0].error, Pool::Error::PeerRejected);
    QCOMPARE(withheld[0].count, 7);
    QCOMPARE(withheld[0].last, QStringLiteral("6"));
    QCOMPARE(withheld[1].error, Pool::Error::TlsFailed);
    QCOMPARE(withheld[1].count, 1);
    QVERIFY(flood.takeWithheld().empty());
}

void tst_ErrorRateLimiter::beginsAnewWithEachWindow()
{
    const ErrorRateLimiter::Clock::time_point now{1h};
    ErrorRateLimiter flood;
    admitted(flood, Pool::Error::PeerRejected, 100, now);
    QCOMPARE(admitted(flood, Pool::Error::PeerRejected, 100, now + ErrorRateLimiter::Window),
             ErrorRateLimiter::ToldOneByOne);
    const std::vector<ErrorRateLimiter::Withheld> withheld =
            flood.takeWithheld(); // also those of a window that nobody ended
    QCOMPARE(withheld.size(), 1u);
    QCOMPARE(withheld[0].count, 200 - 2 * ErrorRateLimiter::ToldOneByOne);
}

QTEST_GUILESS_MAIN(tst_ErrorRateLimiter)
#include "tst_errorratelimiter.moc"
