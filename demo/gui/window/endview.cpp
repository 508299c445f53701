// SPDX-License-Identifier: BSD-3-Clause
#include "endview.h"

#include "gui/leases/leasetable.h"
#include "gui/pill.h"
#include "gui/plot/number.h"
#include "gui/poolview/poolview.h"

#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QSplitter>
#include <QtWidgets/QVBoxLayout>

using namespace QNetPool;

namespace Demo {

EndView::EndView(Role role, EventLog &log, QWidget *parent)
    : QWidget(parent), m_role(role), m_log(log), m_pill(new StatePill), m_address(new QLabel), m_numbers(new QLabel),
      m_plots(new Plots(role)), m_poolView(new PoolView), m_leases(new LeaseTable)
{
    auto *sides = new QSplitter(Qt::Horizontal);
    sides->addWidget(m_plots);
    sides->addWidget(m_poolView);
    sides->setStretchFactor(0, 3);
    sides->setStretchFactor(1, 2);
    sides->setChildrenCollapsible(false);
    sides->setSizes({600, 400}); // of what there is
    auto *column = new QVBoxLayout(this);
    column->addWidget(makeHeader());
    column->addWidget(sides, 1);
}

QWidget *EndView::makeHeader()
{
    auto *header = new QWidget;
    auto *line = new QHBoxLayout(header);
    line->setContentsMargins({});
    line->addWidget(m_pill);
    line->addWidget(m_address, 1);
    m_address->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // long numbers widen no window
    line->addWidget(m_numbers);
    for (QLabel *label : {m_address, m_numbers}) {
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_numbers->setAccessibleName(tr("Numbers"));
    m_numbers->setToolTip(
            m_role == Role::Client
                    ? tr("Waited: the share of the takes of the last five minutes for which no connection was ready.")
                    : tr("Waited: the share of all takes so far for which no connection was ready."));
    return header;
}

static QString tlsText(const Settings &settings, Role role)
{
    if (role == Role::Server)
        return settings.server.tls.enabled ? EndView::tr("TLS") : EndView::tr("plain TCP");
    switch (settings.client.tls.mode) {
    case TlsMode::None:
        return EndView::tr("plain TCP");
    case TlsMode::SelfSigned:
        return EndView::tr("TLS, not verified");
    case TlsMode::Verified:
        return EndView::tr("TLS, verified");
    }
    return {};
}

void EndView::follow(const Site *site)
{
    m_site = site;
    m_sampler.reset();
    if (!site) {
        m_pill->setState(Pool::State::Stopped);
        m_cells.clear();
        m_lost.clear();
        m_poolView->show(m_cells);
        m_leases->show(QList<Lease>());
        return;
    }
    m_sampler.emplace(*site);
    const Settings &settings = site->settings();
    const QString mode = settings.isMulti() ? tr("multi mode") : tr("single mode");
    const Endpoint where = m_role == Role::Server ? site->data() : settings.data;
    m_address->setText(QStringLiteral("%1  ·  %2  ·  %3").arg(where.toString(), tlsText(settings, m_role), mode));
    m_address->setToolTip(m_address->text()); // where it is cut off
}

void EndView::advance(double time)
{
    if (!m_site || m_plots->showNext())
        return;
    if (!std::exchange(m_areConnectionsDue, false))
        look(time);
    else if (isVisible() || m_leases->isVisible())
        showConnections();
}

void EndView::refresh(double time)
{
    if (!m_site)
        return;
    look(time);
    while (m_plots->showNext()) { }
    showConnections();
}

void EndView::look(double time)
{
    m_sample = m_sampler->take();
    m_pill->setState(m_sample.state, m_sample.isFrozen);
    showNumbers();
    tell(time);
    m_areConnectionsDue = true;
}

// What has happened since the last time.
void EndView::tell(double time)
{
    std::vector<Mark> marks;
    static constexpr std::array kinds{EventKind::State, EventKind::Sizing, EventKind::Connection, EventKind::Error,
                                      EventKind::Action};
    const QList<Note> notes = m_site->chronicle().take();
    bool isMarked = false; // one error a time is enough
    for (const Note &note : notes) {
        m_log.add({QDateTime::fromMSecsSinceEpoch(note.time), m_role == Role::Server ? EventEnd::Server : EventEnd::Client,
                   kinds[std::size_t(note.kind)], note.text});
        if (note.kind == Note::Kind::Action)
            marks.push_back({time, note.text, Severity::Note});
        else if (note.kind == Note::Kind::Error && !std::exchange(isMarked, true))
            marks.push_back({time, note.text, Severity::Error});
        else if (note.kind == Note::Kind::Connection && m_poolView->isVisible())
            m_lost.append(note.id);
    }
    m_plots->take(time, m_sample, marks);
}

static CellState stateOf(ConnectionInfo::State state)
{
    switch (state) {
    case ConnectionInfo::State::Pending:
        return CellState::Pending;
    case ConnectionInfo::State::Leased:
    case ConnectionInfo::State::Checking:
        return CellState::Leased;
    case ConnectionInfo::State::Unclaimed:
        return CellState::Lost;
    case ConnectionInfo::State::Idle:
        break;
    }
    return CellState::Idle;
}

void EndView::showConnections()
{
    const QList<ConnectionInfo> connections = m_site->pool().connections();
    const QHash<ConnectionId, Traffic> traffic = m_site->meter().traffic();
    QList<Cell> cells;
    cells.reserve(connections.size());
    QList<Lease> leases;
    for (const ConnectionInfo &one : connections) {
        const Traffic went = traffic.value(one.id);
        cells.append({one.id, stateOf(one.state), one.age, one.timeInState, went.bytes, went.exchanges});
        if (one.state == ConnectionInfo::State::Leased)
            leases.append({one.id, one.timeInState, one.age, went.bytes, went.exchanges});
    }
    const QList<Cell> lost = lostCells();
    m_poolView->show(cells + lost);
    m_cells = std::move(cells);
    m_leases->show(leases);
}

// As they were seen last: the pool does not know them any more.
QList<Cell> EndView::lostCells()
{
    QList<Cell> lost;
    if (m_lost.isEmpty())
        return lost;
    QHash<ConnectionId, const Cell *> known;
    for (const Cell &cell : std::as_const(m_cells))
        known.insert(cell.id, &cell);
    for (const ConnectionId id : std::exchange(m_lost, {})) {
        const Cell *seen = known.value(id);
        lost.append(seen ? *seen : Cell{.id = id});
        lost.last().state = CellState::Lost;
        lost.last().inState = {};
    }
    return lost;
}

void EndView::showNumbers()
{
    const double share = m_role == Role::Client ? m_sample.pool.recentWaitShare : m_sample.pool.waitShare();
    m_numbers->setText(tr("%1 idle  %2 leased  %3 pending  %4 waiting  %5 exchanges  %6 failed  %7 errors  %8 % waited")
                               .arg(m_sample.pool.idle)
                               .arg(m_sample.pool.leased)
                               .arg(m_sample.pool.pending)
                               .arg(m_sample.pool.waiters)
                               .arg(m_sample.exchanges)
                               .arg(m_sample.failed)
                               .arg(m_sample.pool.errors)
                               .arg(shortNumber(100 * share, locale())));
}

} // namespace Demo
