// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "numbers.h"
#include "pools.h"
#include "relay.h"
#include "settle.h"
#include "short.h"

#include <QtCore/QDeadlineTimer>

#include <memory>
#include <numeric>

// Two honest ends, and a network that cuts their TLS connection anywhere: nothing half-done gets into a stock, and where it only
// takes its time, nothing is lost.
class tst_Cuts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void endsAnywhere_data();
    void endsAnywhere();
    void stopsAnywhere_data();
    void stopsAnywhere();
    void piecesMakeTheWhole_data();
    void piecesMakeTheWhole();

private:
    void rehearse();
    QList<Cut> cutsAt(Cut::Action action, int stride) const;
    bool isWhole(const Link &link, Way way) const;
    std::array<QList<int>, 2> m_records; // their lengths, without a cut
    int m_sockets = 0;
};

#define VERIFY_AT(condition, cut)                                                                                           \
    QVERIFY2(condition, qPrintable(QStringLiteral(#condition " does not hold at ") + text(cut)))

namespace {

// As QTRY_VERIFY, which looks every 50 ms only: there are hundreds of cuts.
template<typename Condition> bool soon(Condition condition)
{
    const QDeadlineTimer end(20s);
    QTimer tick; // what other threads do is no event of this one
    tick.start(2);
    while (!condition() && !end.hasExpired()) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return condition();
}

QString text(const Cut &cut)
{
    return QStringLiteral("offset %1 of record %2 to the %3")
            .arg(cut.offset)
            .arg(cut.record)
            .arg(cut.way == Way::ToServer ? QStringLiteral("server") : QStringLiteral("client"));
}

ServerPool::Configuration tlsServer(int setupThreads)
{
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    wish.setupThreads = setupThreads;
    wish.maximumPendingPerPeer = 0;
    return wish;
}

// Dials once.
ClientPool::Configuration tlsClient(quint16 port, int setupThreads)
{
    ClientPool::Configuration wish = clientOf(port, 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.sizing.rule = ClientPool::Rule::Stepwise; // one connection at a time
    wish.tls.mode = TlsMode::Verified;
    wish.tls.configuration = Certificates::trustingCa();
    wish.setupThreads = setupThreads;
    return wish;
}

void addThreads()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("no threads") << 0;
    QTest::newRow("one thread") << 1;
}

QString wrongIn(const Pool &pool)
{
    return whatIsWrong(pool.statistics(), std::numeric_limits<int>::max());
}

} // namespace

// At each end of a record, one byte to both sides of it and of its header, in the middle, and at each byte of a stride.
QList<Cut> tst_Cuts::cutsAt(Cut::Action action, int stride) const
{
    QList<Cut> cuts;
    stride *= isShort() ? 10 : 1;
    for (const Way way : {Way::ToServer, Way::ToClient}) {
        const QList<int> &lengths = m_records[std::size_t(way)];
        for (int record = 0; record < lengths.size(); ++record) {
            const int length = lengths[record];
            QList<int> offsets{0, 1, 4, 5, 6, length / 2, length - 1};
            for (int offset = stride; offset < length; offset += stride)
                offsets << offset;
            std::sort(offsets.begin(), offsets.end());
            offsets.resize(std::unique(offsets.begin(), offsets.end()) - offsets.begin());
            if (record == 0)
                offsets.removeFirst(); // before anything was said: tst_hostile
            for (const int offset : std::as_const(offsets))
                cuts << Cut{action, way, record, offset};
        }
    }
    return cuts;
}

bool tst_Cuts::isWhole(const Link &link, Way way) const
{
    const Stream &stream = link.stream(way);
    const QList<int> lengths = stream.records();
    return lengths.size() >= m_records[std::size_t(way)].size()
            && stream.passed() >= std::accumulate(lengths.begin(), lengths.end(), qsizetype(0));
}

void tst_Cuts::initTestCase()
{
    rehearse();
    settle();
    m_sockets = openSockets(); // what Qt keeps once it was used is not the pools'
}

void tst_Cuts::rehearse()
{
    ServerPool server(tlsServer(1));
    listen(server);
    Relay relay(server.serverPort());
    ClientPool client(tlsClient(relay.serverPort(), 1));
    fill(server, client, 1);
    for (const Way way : {Way::ToServer, Way::ToClient})
        m_records[std::size_t(way)] = relay.link()->stream(way).records();
    QVERIFY(m_records[0].size() >= 2 && m_records[1].size() >= 4);
}

void tst_Cuts::cleanup()
{
    QTRY_COMPARE(openSockets(), m_sockets);
}

void tst_Cuts::endsAnywhere_data()
{
    QTest::addColumn<Cut::Action>("action");
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 1}) {
        QTest::addRow("close, %d threads", threads) << Cut::Close << threads;
        QTest::addRow("reset, %d threads", threads) << Cut::Reset << threads;
    }
}

void tst_Cuts::endsAnywhere()
{
    QFETCH(const Cut::Action, action);
    QFETCH(const int, setupThreads);
    ServerPool server(tlsServer(setupThreads));
    listen(server);
    Relay relay(server.serverPort());
    const QList<Cut> cuts = cutsAt(action, 24);
    for (const Cut &cut : cuts) {
        relay.setCut(cut);
        const qint64 before = server.statistics().created;
        ClientPool client(tlsClient(relay.serverPort(), setupThreads));
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(client.start());
        VERIFY_AT(soon([&] { return errors.size() + client.statistics().created == 1; }), cut);
        VERIFY_AT(soon([&] { return relay.link()->hasCut() && server.pendingCount() == 0; }), cut);
        VERIFY_AT(client.statistics().created == 0 || isWhole(*relay.link(), Way::ToClient), cut);
        VERIFY_AT(server.statistics().created == before || isWhole(*relay.link(), Way::ToServer), cut);
        if (!errors.isEmpty()) {
            const QString said = lastMessage(errors);
            QVERIFY2(said.contains(QStringLiteral("127.0.0.1:%1").arg(relay.serverPort())), qPrintable(said));
            VERIFY_AT(lastError(errors) == Pool::Error::TlsFailed || lastError(errors) == Pool::Error::HandshakeFailed, cut);
        }
        VERIFY_AT(soon([&] { return client.idleCount() + server.idleCount() == 0; }), cut);
        QCOMPARE(wrongIn(client), QString());
    }
    QTRY_COMPARE(server.errorCount() + server.statistics().created, cuts.size());
    QCOMPARE(wrongIn(server), QString());

    relay.setCut({});
    ClientPool client(tlsClient(relay.serverPort(), setupThreads));
    fill(server, client, 1);
}

void tst_Cuts::stopsAnywhere_data()
{
    addThreads();
}

// All at once, as each takes as long as it may.
void tst_Cuts::stopsAnywhere()
{
    QFETCH(const int, setupThreads);
    ServerPool::Configuration serverWish = tlsServer(setupThreads);
    serverWish.handshakeTimeout = 500ms;
    ServerPool server(serverWish);
    listen(server);
    struct Attempt
    {
        Attempt(const Cut &cut_, quint16 port, int setupThreads) : cut(cut_), relay(port), client(wish(relay, setupThreads))
        {
            relay.setCut(cut);
        }
        static ClientPool::Configuration wish(const Relay &relay, int setupThreads)
        {
            ClientPool::Configuration wish = tlsClient(relay.serverPort(), setupThreads);
            wish.handshakeTimeout = 500ms;
            return wish;
        }
        const Cut cut;
        Relay relay;
        ClientPool client;
        QSignalSpy errors{&client, &Pool::errorOccurred};
    };
    std::vector<std::unique_ptr<Attempt>> attempts;
    for (const Cut &cut : cutsAt(Cut::Stall, 200))
        attempts.push_back(std::make_unique<Attempt>(cut, server.serverPort(), setupThreads));
    for (const auto &attempt : attempts)
        QVERIFY(attempt->client.start());
    for (const auto &attempt : attempts) {
        QTRY_COMPARE(attempt->errors.size(), 1);
        QVERIFY2(lastError(attempt->errors) == Pool::Error::HandshakeTimeout, qPrintable(lastMessage(attempt->errors)));
        QVERIFY2(lastMessage(attempt->errors).contains(u"500 ms"), qPrintable(lastMessage(attempt->errors)));
        QCOMPARE(wrongIn(attempt->client), QString());
        attempt->client.close();
    }
    QTRY_COMPARE(server.pendingCount() + server.idleCount(), 0);
    for (const auto &attempt : attempts)
        VERIFY_AT(attempt->relay.link(), attempt->cut);
    QCOMPARE(wrongIn(server), QString());
    attempts.clear();

    ServerPool::Configuration patient = tlsServer(setupThreads);
    QVERIFY(server.setConfiguration(patient));
    ClientPool client(tlsClient(server.serverPort(), setupThreads));
    fill(server, client, 1);
}

void tst_Cuts::piecesMakeTheWhole_data()
{
    addThreads();
}

void tst_Cuts::piecesMakeTheWhole()
{
    QFETCH(const int, setupThreads);
    ServerPool server(tlsServer(setupThreads));
    listen(server);
    Relay relay(server.serverPort());
    QList<Cut> cuts = cutsAt(Cut::Pause, 48);
    cuts << Cut{Cut::Drip, Way::ToServer, 0, 1} << Cut{Cut::Drip, Way::ToClient, 0, 1};
    for (const Cut &cut : std::as_const(cuts)) {
        relay.setCut(cut);
        ClientPool client(tlsClient(relay.serverPort(), setupThreads));
        QVERIFY(client.start());
        VERIFY_AT(soon([&] { return client.idleCount() == 1; }), cut);
        VERIFY_AT(relay.link()->hasCut(), cut);
        const Connection here = client.take();
        Connection there;
        VERIFY_AT(soon([&] { return there || (there = server.take(here.id())); }), cut);
        here->write("question");
        VERIFY_AT(soon([&] { return there->bytesAvailable() == 8; }), cut);
        QCOMPARE(there->readAll(), "question");
        QCOMPARE(client.errorCount() + server.errorCount(), 0);
    }
    QTRY_COMPARE(server.idleCount(), 0);
    QCOMPARE(wrongIn(server), QString());
}

QTEST_GUILESS_MAIN(tst_Cuts)
#include "tst_cuts.moc"
