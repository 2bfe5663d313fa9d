"""The right to be forgotten, and the right to see: one person's accounts, all that is stored of them."""

from dataclasses import dataclass

from listener.clock import Clock
from listener.domain.forgetting import Dossier, Forgotten
from listener.ports import Store
from listener.triage.customers import account_named
from listener.triage.desk import named

PAGE = 500
"""Posts erased in one transaction: agents wait no longer than for a page that is read."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may ask of whoever keeps their words."""

    store: Store
    clock: Clock

    def accounts(self, handle: str, platform: str = "") -> list[int]:
        """The account of this handle and all that are linked to it. Raises `NotFound`, `ConfigError` for several."""
        with self.store.read() as reads:
            facts = reads.customer(account_named(reads, handle, platform).id)
        return [account.id for account in facts.accounts]

    def see(self, handle: str, platform: str = "") -> Dossier:
        """Everything that is stored of them."""
        ids = self.accounts(handle, platform)
        with self.store.read() as reads:
            return reads.dossier(ids)

    def forget(self, handle: str, agent: str, platform: str = "") -> Forgotten:
        """Erase posts, names, histories, drafts and quotes; hashes stay, so that no post ever comes back.

        Page by page, each whole: killed on the way, the same call goes on with what is left.
        """
        name = named(agent)
        ids = self.accounts(handle, platform)
        with self.store.write() as tx:
            cases = tx.empty_histories(ids)
            tx.note_forgotten(ids, name, self.clock.now())
        posts = 0
        while True:
            with self.store.write() as tx:
                keys = tx.keys_of(ids, PAGE)
                posts += len(tx.delete_mentions(keys, self.clock.now()))
            if len(keys) < PAGE:
                return Forgotten(accounts=len(ids), posts=posts, cases=cases)
