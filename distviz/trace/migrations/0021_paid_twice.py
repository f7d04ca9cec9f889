from django.db import migrations, models

_VERDICTS = ("consistent", "temporarily_inconsistent", "in_doubt", "money_lost", "paid_twice")


class Migration(migrations.Migration):
    dependencies = [("trace", "0020_runs_idle_awake")]

    operations = [
        migrations.AlterField(
            "run",
            "verdict",
            models.CharField(choices=[(one, one) for one in _VERDICTS], default="consistent", max_length=30),
        ),
    ]
