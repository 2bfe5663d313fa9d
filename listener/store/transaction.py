"""One unit of work, put together from its audiences' parts."""

from listener.store.aging import Aging
from listener.store.alerts import Alarms
from listener.store.answers import Answers, AnswersWrites
from listener.store.bookkeeping import Books, BookWrites
from listener.store.cases import Cases
from listener.store.census import Census
from listener.store.customers import Customers, CustomersWrites
from listener.store.desk import Desk
from listener.store.forgetting import Forgetting
from listener.store.gauges import Gauging
from listener.store.heads import Heads, HeadsWrites
from listener.store.incidents import Incidents, IncidentsWrites
from listener.store.ingest import Ingest
from listener.store.insight import Insight
from listener.store.late import Late
from listener.store.listing import Listing
from listener.store.loyalty import Loyalty, LoyaltyWrites
from listener.store.merging import Merging, MergingWrites
from listener.store.money import Budgets, Money
from listener.store.outbox import Outbox, OutboxWrites
from listener.store.oversight import Oversight
from listener.store.promises import Promises
from listener.store.rechecks import Rechecks, RecheckWrites
from listener.store.recovery import Recovering
from listener.store.rewards import Rewards, RewardsWrites
from listener.store.roster import Roster, RosterWrites
from listener.store.rules import Rules, RulesWrites
from listener.store.samples import Samples, SamplesWrites
from listener.store.surveys import Surveys, SurveysWrites
from listener.store.values import Values, ValuesWrites
from listener.store.watching import Watching


class Snapshot(
    Books,
    Cases,
    Insight,
    Outbox,
    Alarms,
    Census,
    Answers,
    Budgets,
    Customers,
    Forgetting,
    Gauging,
    Heads,
    Incidents,
    Late,
    Listing,
    Loyalty,
    Merging,
    Oversight,
    Promises,
    Rechecks,
    Recovering,
    Rewards,
    Roster,
    Rules,
    Samples,
    Surveys,
    Values,
    Watching,
):
    """`listener.ports.Reads` over one consistent state of the database."""


class UnitOfWork(
    Ingest,
    Aging,
    BookWrites,
    Desk,
    OutboxWrites,
    Money,
    AnswersWrites,
    CustomersWrites,
    HeadsWrites,
    IncidentsWrites,
    LoyaltyWrites,
    MergingWrites,
    RecheckWrites,
    RewardsWrites,
    RosterWrites,
    RulesWrites,
    SamplesWrites,
    SurveysWrites,
    ValuesWrites,
    Snapshot,
):
    """`listener.ports.Transaction`: everything it writes is committed together."""
