// SPDX-License-Identifier: BSD-3-Clause
// checkout: ns for take and give back.
#include "ends.h"

#include <QtNetwork/QTcpSocket>

namespace {

struct Setting
{
    Transport transport = Transport::Tcp;
    int idle = 1000;
    int warm = 0;
};

class Stock
{
public:
    explicit Stock(const Setting &setting)
        : m_server({QStringLiteral("--serve"), nameOf(setting.transport)}),
          m_pool(configurationOf(setting, m_server.readPort()))
    {
        m_pool.start();
        turnUntil([&] { return m_pool.idleCount() == setting.idle; }, "the stock is full");
    }

    ClientPool &pool() { return m_pool; }

private:
    static ClientPool::Configuration configurationOf(const Setting &setting, quint16 port)
    {
        ClientPool::Configuration configuration = clientFor(setting.transport, port, setting.idle, ConnectionMode::Single);
        configuration.warmConnections = setting.warm;
        return configuration;
    }

    OtherEnd m_server;
    ClientPool m_pool;
};

void parked(Transport transport)
{
    Stock stock({transport});
    ClientPool &pool = stock.pool();
    const int calls = isQuick() ? 2000 : 20000;
    const QJsonObject parameters{{QLatin1String("path"), QLatin1String("parked")},
                                 {QLatin1String("transport"), nameOf(transport)}};
    compare("checkout", parameters,
            {{"qnetpool, socket used",
              [&] {
                  return std::vector<Figure>{{nanosecondsEach(calls, [&] { pool.take()->bytesAvailable(); }), "ns", {}}};
              }},
             {"qnetpool, socket not used",
              [&] {
                  return std::vector<Figure>{{nanosecondsEach(calls, [&] { pool.take(); }), "ns", {}}};
              }}},
            isQuick() ? 1 : 3);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    if (arguments.value(1) == QLatin1String("--serve"))
        return servePool(application, arguments.value(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp,
                         ConnectionMode::Single);
    parked(Transport::Tcp);
    parked(Transport::Tls);
    return 0;
}
