"""The order of an account's messages can be taken out for one run: its rows say so, and are claimed whatever lies before
them."""

from django.db import migrations, models
from django.db.models import F, Q

# The oldest unsent row of each account, as before.
HEADS = """
CREATE OR REPLACE VIEW outbox_heads AS WITH RECURSIVE head AS (
    (SELECT account, id FROM outbox WHERE status IN ('pending', 'publishing') ORDER BY account, id LIMIT 1)
    UNION ALL
    SELECT following.account, following.id FROM head CROSS JOIN LATERAL (
        SELECT account, id FROM outbox WHERE status IN ('pending', 'publishing') AND account > head.account
        ORDER BY account, id LIMIT 1) AS following
) SELECT account, id FROM head
"""
AND_UNORDERED = """
UNION SELECT account, id FROM outbox WHERE status = 'pending' AND headers ? 'unordered'
    AND starts_with(account, 'unguarded-')
"""
TABLES = {"account": "outbox", "payment": "paymentoutbox"}


class Migration(migrations.Migration):

    dependencies = [("outbox", "0005_one_shard_a_session")]

    operations = [
        *(
            migrations.AddIndex(
                model_name=model,
                index=models.Index(
                    F("id"),
                    condition=Q(("status", "pending"), ("headers__has_key", "unordered")),
                    name=f"{model}_unordered",
                ),
            )
            for model in TABLES.values()
        ),
        *(
            migrations.RunSQL(HEADS + AND_UNORDERED, HEADS, hints={"database": alias}) for alias in TABLES
        ),
    ]
