// SPDX-License-Identifier: BSD-3-Clause
#include "dial/resolver.h"
#include "patience.h"
#include "testmain.h"

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
    void systemsNamesAreFound();
    void whoLeftGetsNothing();
    void askerMayGoWhileTheNameServiceIsSilent();
    void silentNameServiceHoldsFewThreads();
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

// A name service that answers when it is told to, with one address more each time: 192.0.2.1, 192.0.2.2…
class NameService
{
public:
    Resolver::Lookup lookup()
    {
        return [this](const QString &) {
            const int number = ++m_asked;
            m_mayAnswer.acquire();
            return found(QStringLiteral("192.0.2.%1").arg(number));
        };
    }
    int asked() const { return m_asked; }
    void answer(int count = 1) { m_mayAnswer.release(count); }

private:
    std::atomic<int> m_asked = 0;
    QSemaphore m_mayAnswer;
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
        asker.leaves(resolver, 1);
    }
    QVERIFY(!watched.expired()); // it is being used
    service.answer();
    QTRY_VERIFY(watched.expired());
}

void tst_Resolver::silentNameServiceHoldsFewThreads()
{
    NameService service;
    Asker asker;
    std::vector<std::shared_ptr<Resolver>> resolvers;
    for (quint64 i = 0; i < 20; ++i) {
        resolvers.push_back(std::make_shared<Resolver>(host, service.lookup()));
        QVERIFY(!asker.asks(resolvers.back(), i));
    }
    QTRY_COMPARE(service.asked(), 8);
    for (quint64 answered = 1; answered <= 12; ++answered) {
        service.answer();
        QTRY_COMPARE(service.asked(), 8 + int(answered));
    }
    service.answer(8);
    QTRY_COMPARE(asker.answers.size(), 20);
}

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
