"""From an alert to the people who must know: `outbox` keeps and delivers, `notify` carries, `wording` says it."""
