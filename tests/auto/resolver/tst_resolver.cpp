// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "dial/resolver.h"
#include "pools.h"
#include "testmain.h"
#ifdef Q_OS_LINUX
#include "silentnames.h"
#endif

#include <QtCore/QProcess>
#include <QtCore/QSemaphore>
#include <QtTest/QTest>

#include <atomic>
#include <thread>

using namespace QNetPool;
using namespace std::chrono_literals;

// A name is looked up once for many, again when it did not serve, and nobody ever waits for a silent name service.
class tst_Resolver : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void manyShareOneLookup();
    void answerIsKeptForItsLifetime();
    void nextOneAfterForgetLooksUpAgain();
    void whatWasForgottenOnItsWayIsNotKept();
    void failureIsNotKept();
    void wantOfADescriptorIsTold_data();
    void wantOfADescriptorIsTold();
    void systemsNamesAreFound();
    void whoLeftGetsNothing();
    void askerMayGoWhileTheNameServiceIsSilent();
    void silentNameDelaysNoOtherPool();
    void poolHoldsFewThreads();
    void sameNameIsLookedUpOnceAtATime();
#ifdef Q_OS_LINUX
    void poolsOfSilentNamesDelayNoOther_data();
    void poolsOfSilentNamesDelayNoOther();
    void startingAgainHoldsNoMoreThreads();
    void anotherHostIsLookedUpMeanwhile();
#endif
    void processMayEndWhileTheNameServiceIsSilent();
};

namespace {

const QString host = QStringLiteral("host.example");

QHostInfo found(const QString &address)
{
    QHostInfo info;
    info.setAddresses({QHostAddress(address)});
    return info;
}

// A name service that answers when it is told to, with one address more each time: 192.0.2.1, 192.0.2.2… Lookups whose asker has
// gone may outlive it.
class NameService
{
public:
    Resolver::Lookup lookup()
    {
        return [state = m_state](const QString &name) {
            {
                const std::lock_guard lock(state->mutex);
                state->lastName = name;
            }
            const int number = ++state->asked;
            state->mayAnswer.acquire();
            return found(QStringLiteral("192.0.2.%1").arg(number));
        };
    }
    int asked() const { return m_state->asked; }
    QString lastName() const
    {
        const std::lock_guard lock(m_state->mutex);
        return m_state->lastName;
    }
    void answer(int count = 1) { m_state->mayAnswer.release(count); }

private:
    struct State
    {
        std::atomic<int> asked = 0;
        QSemaphore mayAnswer;
        std::mutex mutex; // guards the following
        QString lastName;
    };
    const std::shared_ptr<State> m_state = std::make_shared<State>();
};

// Who asks, and what was answered: numbers and first addresses.
class Asker
{
public:
    bool asks(const std::shared_ptr<Resolver> &resolver, quint64 number = 1) // whether the answer was known
    {
        if (const auto answer = resolver->ask(&m_inbox, number))
            note({number, *answer});
        else
            return false;
        return true;
    }
    void leaves(const std::shared_ptr<Resolver> &resolver, quint64 number) { resolver->cancel(&m_inbox, number); }
    QByteArrayList answers;

private:
    void note(const std::pair<quint64, Resolver::Answer> &answered)
    {
        const Resolver::Answer &answer = answered.second;
        const QString text = answer.addresses.isEmpty() ? answer.error : answer.addresses.first().toString();
        answers << QByteArray::number(answered.first) + ": " + text.toLatin1();
    }
    Resolver::Asker m_inbox{[this](const std::pair<quint64, Resolver::Answer> &answered) { note(answered); }};
};

} // namespace

void tst_Resolver::manyShareOneLookup()
{
    NameService service;
    const auto resolver = std::make_shared<Resolver>(host, service.lookup());
    Asker one;
    Asker other;
    QVERIFY(!one.asks(resolver, 1));
    QVERIFY(!one.asks(resolver, 2));
    QVERIFY(!other.asks(resolver, 1));
    QVERIFY(one.answers.isEmpty());
    service.answer();
    QTRY_COMPARE(one.answers, QByteArrayList({"1: 192.0.2.1", "2: 192.0.2.1"}));
    QTRY_COMPARE(other.answers, QByteArrayList({"1: 192.0.2.1"}));
    QCOMPARE(service.asked(), 1);
}

void tst_Resolver::answerIsKeptForItsLifetime()
{
    NameService service;
    service.answer(10);
    const auto forLong = std::make_shared<Resolver>(host, service.lookup(), 1h);
    Asker asker;
    QVERIFY(!asker.asks(forLong));
    QTRY_COMPARE(asker.answers.size(), 1);
    QVERIFY(asker.asks(forLong));
    QCOMPARE(asker.answers.last(), QByteArray("1: 192.0.2.1"));

    const auto notAtAll = std::make_shared<Resolver>(host, service.lookup(), 0ms);
    QVERIFY(!asker.asks(notAtAll));
    QTRY_COMPARE(asker.answers.size(), 3);
    QVERIFY(!asker.asks(notAtAll));
    QTRY_COMPARE(asker.answers.size(), 4);
    QCOMPARE(asker.answers.last(), QByteArray("1: 192.0.2.3"));
}

void tst_Resolver::nextOneAfterForgetLooksUpAgain()
{
    NameService service;
    service.answer(10);
    const auto resolver = std::make_shared<Resolver>(host, service.lookup(), 1h);
    Asker asker;
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers.size(), 1);
    resolver->forget();
    QCOMPARE(service.asked(), 1); // only who asks is answered
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers.size(), 2);
    QCOMPARE(asker.answers.last(), QByteArray("1: 192.0.2.2"));
}

void tst_Resolver::whatWasForgottenOnItsWayIsNotKept()
{
    NameService service;
    const auto resolver = std::make_shared<Resolver>(host, service.lookup(), 1h);
    Asker asker;
    QVERIFY(!asker.asks(resolver));
    resolver->forget();
    service.answer(2);
    QTRY_COMPARE(asker.answers, QByteArrayList({"1: 192.0.2.1"}));
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers, QByteArrayList({"1: 192.0.2.1", "1: 192.0.2.2"}));
}

void tst_Resolver::failureIsNotKept()
{
    std::atomic<int> asked = 0;
    const Resolver::Lookup lookup = [&asked](const QString &) {
        if (++asked > 1)
            return found(QStringLiteral("192.0.2.7"));
        QHostInfo info;
        info.setError(QHostInfo::HostNotFound);
        info.setErrorString(QStringLiteral("nobody knows it"));
        return info;
    };
    const auto resolver = std::make_shared<Resolver>(host, lookup, 1h);
    Asker asker;
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers, QByteArrayList({"1: nobody knows it"}));
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers.last(), QByteArray("1: 192.0.2.7"));
}

void tst_Resolver::wantOfADescriptorIsTold_data()
{
    QTest::addColumn<QHostInfo::HostInfoError>("error");
    QTest::addColumn<bool>("hasDescriptors");
    QTest::addColumn<QByteArray>("answer");
    const QByteArray exhausted = "1: its name could not be looked up: the process has no descriptor left: raise its limit";
    QTest::newRow("system error") << QHostInfo::UnknownError << true << QByteArray("1: System error");
    QTest::newRow("system error without any") << QHostInfo::UnknownError << false << exhausted;
    QTest::newRow("unknown without any") << QHostInfo::HostNotFound << false << QByteArray("1: System error");
}

void tst_Resolver::wantOfADescriptorIsTold()
{
#ifdef Q_OS_UNIX
    QFETCH(const QHostInfo::HostInfoError, error);
    QFETCH(const bool, hasDescriptors);
    QFETCH(const QByteArray, answer);
    const auto resolver = std::make_shared<Resolver>(host, [error](const QString &) {
        QHostInfo info;
        info.setError(error);
        info.setErrorString(QStringLiteral("System error"));
        return info;
    });
    Asker asker;
    const NoNewDescriptors perhaps(hasDescriptors ? 100 : NoNewDescriptors::TooFew);
    QVERIFY(perhaps.isSet());
    QVERIFY(!asker.asks(resolver));
    QTRY_COMPARE(asker.answers, QByteArrayList({answer}));
#else
    QSKIP("needs setrlimit()");
#endif
}

void tst_Resolver::systemsNamesAreFound()
{
    Asker asker;
    QVERIFY(!asker.asks(std::make_shared<Resolver>(QStringLiteral("localhost"))));
    QTRY_COMPARE(asker.answers.size(), 1);
    QVERIFY2(asker.answers.contains("1: 127.0.0.1") || asker.answers.contains("1: ::1"), asker.answers.first().constData());
}

void tst_Resolver::whoLeftGetsNothing()
{
    NameService service;
    const auto resolver = std::make_shared<Resolver>(host, service.lookup());
    Asker asker;
    QVERIFY(!asker.asks(resolver, 1));
    QVERIFY(!asker.asks(resolver, 2));
    asker.leaves(resolver, 1);
    service.answer();
    QTRY_COMPARE(asker.answers, QByteArrayList({"2: 192.0.2.1"}));
}

void tst_Resolver::askerMayGoWhileTheNameServiceIsSilent()
{
    NameService service;
    std::weak_ptr<Resolver> watched;
    {
        const auto resolver = std::make_shared<Resolver>(host, service.lookup());
        watched = resolver;
        Asker asker;
        QVERIFY(!asker.asks(resolver, 1));
        QTRY_COMPARE(service.asked(), 1);
        asker.leaves(resolver, 1);
    }
    QVERIFY(!watched.expired()); // it is being used
    service.answer();
    QTRY_VERIFY(watched.expired());
}

void tst_Resolver::silentNameDelaysNoOtherPool()
{
    NameService service;
    Asker asker;
    std::vector<std::shared_ptr<Resolver>> resolvers;
    for (quint64 i = 0; i < 20; ++i) {
        resolvers.push_back(std::make_shared<Resolver>(host, service.lookup()));
        QVERIFY(!asker.asks(resolvers.back(), i));
    }
    QTRY_COMPARE(service.asked(), 20);
    service.answer(20);
    QTRY_COMPARE(asker.answers.size(), 20);
}

// A pool that goes from one silent name to the next: those that it has left before their turn are not looked up any more.
void tst_Resolver::poolHoldsFewThreads()
{
    NameService service;
    Asker asker;
    auto resolver = std::make_shared<Resolver>(host, service.lookup());
    for (quint64 i = 0; i < 20; ++i) {
        resolver = resolver->next(QStringLiteral("host%1.example").arg(i));
        QVERIFY(!asker.asks(resolver, i));
        QTRY_COMPARE(service.asked(), std::min(int(i) + 1, 4));
        if (i < 19)
            asker.leaves(resolver, i);
    }
    service.answer();
    QTRY_COMPARE(service.asked(), 5);
    QCOMPARE(service.lastName(), QStringLiteral("host19.example"));
    QVERIFY(asker.answers.isEmpty());
    service.answer(4);
    QTRY_COMPARE(asker.answers, QByteArrayList({"19: 192.0.2.5"}));
}

void tst_Resolver::sameNameIsLookedUpOnceAtATime()
{
    NameService service;
    const auto resolver = std::make_shared<Resolver>(host, service.lookup(), 1h);
    Asker asker;
    QVERIFY(!asker.asks(resolver, 1));
    for (quint64 i = 2; i < 5; ++i)
        QVERIFY(!asker.asks(resolver->next(host), i));
    service.answer();
    QTRY_COMPARE(asker.answers.size(), 4);
    QCOMPARE(service.asked(), 1);
    service.answer();
    QVERIFY(!asker.asks(resolver->next(host), 5)); // and anew from then on
    QTRY_COMPARE(asker.answers.last(), QByteArray("5: 192.0.2.2"));
}

#ifdef Q_OS_LINUX
void tst_Resolver::poolsOfSilentNamesDelayNoOther_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("in the pool's thread") << 0;
    QTest::newRow("in a thread of its own") << 1;
}

// Nor do they wait when they are destroyed.
void tst_Resolver::poolsOfSilentNamesDelayNoOther()
{
    QFETCH(const int, setupThreads);
    const SilentNames silence;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.setupThreads = setupThreads;
    std::vector<std::unique_ptr<ClientPool>> others;
    for (int i = 0; i < 20; ++i) {
        wish.host = QStringLiteral("silent%1.example").arg(i);
        others.push_back(std::make_unique<ClientPool>(wish));
        QVERIFY(others.back()->start());
    }
    QTRY_COMPARE(SilentNames::asked(), 20);
    wish.host = QStringLiteral("localhost");
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    others.clear();
    QCOMPARE(SilentNames::answered(), 0);
}

void tst_Resolver::startingAgainHoldsNoMoreThreads()
{
    const SilentNames silence;
    ClientPool::Configuration wish = clientOf(1, 1);
    wish.host = QStringLiteral("silent.example");
    ClientPool client(wish);
    for (int i = 0; i < 5; ++i) {
        QVERIFY(client.start());
        QTRY_VERIFY(client.pendingCount() > 0 && SilentNames::asked() > 0);
        wish.sizing.maximumCapacity = 2 + i;
        QVERIFY(client.setConfiguration(wish));
        client.close();
    }
    QCOMPARE(SilentNames::asked(), 1);
}

void tst_Resolver::anotherHostIsLookedUpMeanwhile()
{
    const SilentNames silence;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.host = QStringLiteral("silent.example");
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(SilentNames::asked(), 1);
    wish.host = QStringLiteral("localhost");
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE(client.idleCount(), 1);
    QCOMPARE(SilentNames::answered(), 0);
}
#endif

void tst_Resolver::processMayEndWhileTheNameServiceIsSilent()
{
    QProcess process;
    process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--ask-and-end")});
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 0);
}

static int askAndEnd()
{
    static std::atomic<bool> isAsked = false;
    const auto resolver = std::make_shared<Resolver>(host, [](const QString &) {
        for (isAsked = true;;)
            std::this_thread::sleep_for(1h);
        return QHostInfo();
    });
    Asker asker;
    asker.asks(resolver);
    while (!isAsked)
        std::this_thread::yield();
    asker.leaves(resolver, 1);
    return 0;
}

int main(int argc, char **argv)
{
    const TestApplication application(argc, argv);
    if (application.arguments().contains(QLatin1String("--ask-and-end")))
        return askAndEnd();
    tst_Resolver test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_resolver.moc"
