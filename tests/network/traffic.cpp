// SPDX-License-Identifier: BSD-3-Clause
#include "traffic.h"

#include "exchange.h"
#include "frame.h"

static QByteArray randomBytes(std::mt19937 &random, int most)
{
    QByteArray bytes(std::uniform_int_distribution(1, most)(random), Qt::Uninitialized);
    std::generate(bytes.begin(), bytes.end(), [&random] { return char(random()); });
    return bytes;
}

Traffic::Traffic(QNetPool::ClientPool &pool, ServerProcess &server, std::uint32_t seed, Patience patience)
    : m_pool(pool), m_server(server), m_random(seed), m_patience(patience)
{
}

void Traffic::run(int count, int atATime)
{
    m_count += count;
    for (int i = 0; i < atATime; ++i)
        start();
}

void Traffic::start()
{
    if (m_started == m_count)
        return;
    const QByteArray request = Frame::make(quint32(++m_started), randomBytes(m_random, 4000));
    const auto ended = [this](const QString &failure, const QString &finding) { end(failure, finding); };
    (new Exchange(m_pool, m_server, request, m_patience, ended))->setParent(this);
}

void Traffic::end(const QString &failure, const QString &finding)
{
    if (failure.isEmpty()) {
        ++m_completed;
    } else {
        ++m_failed;
        ++m_failures[failure];
    }
    if (m_finding.isEmpty())
        m_finding = finding;
    if (onEnd)
        onEnd();
    QMetaObject::invokeMethod(
            this, [this] { start(); }, Qt::QueuedConnection);
}

QString Traffic::text() const
{
    QStringList parts{QStringLiteral("%1 completed").arg(m_completed)};
    for (auto failure = m_failures.begin(); failure != m_failures.end(); ++failure)
        parts << QStringLiteral("%1 failed: %2").arg(failure.value()).arg(failure.key());
    return parts.join(QStringLiteral(", "));
}
