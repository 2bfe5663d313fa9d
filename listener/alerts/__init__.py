"""From an alert to the people who must know: `telling` decides whom and when, `acts` is what they do about it, `outbox`
keeps and delivers, `notify` and `webhook` carry."""
