// SPDX-License-Identifier: BSD-3-Clause
// Steps of leases, from what hands one out to what ends it.
#include "interpreter.h"

ConnectionId Interpreter::someId(const Step &step) const
{
    const std::lock_guard lock(m_mutex);
    return m_ids.empty() ? ConnectionId::fromString(u"00000000")
                         : m_ids[m_ids.size() - 1 - std::size_t(step.slot) % m_ids.size()];
}

void Interpreter::hold(int slot, Connection connection, const HandOut &handOut)
{
    Slot &place = m_slots[std::size_t(slot)];
    endHere(place, Ending::ByItself);
    place = {};
    place.connection = std::move(connection);
    place.handOut = handOut;
    place.handOut.notAfter = nextMoment();
}

// Asks the model about a lease, in the thread that is to use it.
void Interpreter::look(Slot &slot)
{
    QTcpSocket *socket = slot.connection.socket();
    const quint16 port = !socket ? 0 : m_program.setting.isServer ? socket->peerPort() : socket->localPort();
    if (slot.isLookedAt || port == 0)
        return;
    slot.isLookedAt = true;
    slot.end = m_peers->find(port);
    if (!slot.end)
        return;
    HandOut &seen = slot.handOut;
    seen.peer = slot.end->peer;
    seen.isPut = slot.end->isPut;
    seen.ended = slot.end->ended;
    seen.unasked = slot.end->unasked;
    wrong(m_model.wrongWith(seen));
}

void Interpreter::take(const Step &step)
{
    const bool isById = step.act == Act::TakeId;
    in(step.where, [&] {
        const HandOut handOut{.notBefore = nextMoment(), .isById = isById};
        Connection connection = isById ? m_pool->take(someId(step)) : m_pool->take();
        if (!connection)
            return;
        hold(step.slot, std::move(connection), handOut);
        Slot &slot = m_slots[std::size_t(step.slot)];
        if (step.number == 1)
            return;
        slot.user = step.where;
        look(slot);
    });
}

void Interpreter::request(const Step &step)
{
    Slot &slot = m_slots[std::size_t(step.slot)];
    if (!slot.connection)
        return;
    if (!slot.user || slot.user == Where::Fresh)
        slot.user = step.where;
    in(*slot.user, [&] {
        QTcpSocket *socket = slot.connection.socket();
        look(slot);
        if (!socket || socket->state() != QAbstractSocket::ConnectedState)
            return;
        const QByteArray nonce = "request " + QByteArray::number(++m_nonce);
        socket->write(nonce + '\n');
        socket->flush();
        slot.outstanding << nonce;
        slot.wasReadLast = false;
        const bool isAnswered = m_model.canReadAnswers() && !(slot.end && slot.end->isSilent);
        if (Reading(step.how) != Reading::None && isAnswered)
            read(slot, socket, Reading(step.how) == Reading::Whole);
    });
}

// Until the last request's answer: those of the same lease come before it, and nothing else does.
void Interpreter::read(Slot &slot, QTcpSocket *socket, bool isWhole)
{
    const bool keepsStep = m_program.setting.isSingle && !m_program.setting.isServer && slot.end && !slot.end->isPut;
    while (!slot.outstanding.isEmpty() && m_wrong.isEmpty()) {
        if (!socket->canReadLine() && !socket->waitForReadyRead(int(patience().count()))) {
            if (slot.end && slot.end->ended == Never && socket->state() == QAbstractSocket::ConnectedState)
                wrong(QStringLiteral("no answer, though nobody closed the connection"));
            return;
        }
        slot.wasReadLast = true;
        if (!isWhole) {
            slot.halfLine += socket->read(1);
            return;
        }
        if (!socket->canReadLine())
            continue;
        const QByteArray line = (std::exchange(slot.halfLine, {}) + socket->readLine()).chopped(1);
        if (line == "unasked") {
            if (slot.end)
                slot.end->unasked = Never; // the next holder will not find it
            continue;
        }
        if (slot.outstanding.removeOne(line.left(line.lastIndexOf(' '))))
            continue;
        if (keepsStep)
            wrong(QStringLiteral("crossed: the answer is to another one's request"));
        return;
    }
}

void Interpreter::end(const Step &step)
{
    Slot &slot = m_slots[std::size_t(step.slot)];
    const bool isHolders = Ending(step.how) == Ending::DetachAndPut && slot.user && slot.user != Where::Fresh;
    in(isHolders ? *slot.user : step.where, [&] { endHere(slot, Ending(step.how)); });
}

void Interpreter::endHere(Slot &slot, Ending how)
{
    if (!slot.connection)
        return;
    // The holder says that it is in step, or what it reads last says so.
    const bool isBelieved = how == Ending::GiveBack || how == Ending::DetachAndPut || slot.wasReadLast;
    if (slot.end && isBelieved && !slot.outstanding.isEmpty())
        slot.end->isPut = true;
    switch (how) {
    case Ending::ByItself:
        slot.connection = {};
        break;
    case Ending::GiveBack:
        slot.connection.giveBack();
        break;
    case Ending::Discard:
        slot.connection.discard();
        break;
    case Ending::DetachAndPut:
        putBack(slot);
        break;
    case Ending::Exception:
        try {
            const Connection leased = std::move(slot.connection);
            throw 1;
        } catch (int) {
        }
        break;
    }
    slot = {};
}

void Interpreter::putBack(Slot &slot)
{
    look(slot);
    if (slot.end)
        slot.end->isPut = true;
    QPointer<QTcpSocket> socket = slot.connection.detach().release();
    if (!socket || m_pool->put({}, socket))
        return;
    if (!socket)
        wrong(QStringLiteral("put() has refused a socket, and deleted it"));
    delete socket;
}
