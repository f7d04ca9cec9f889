"""Complete audits are kept, for the next ones to begin at."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAudit',
            fields=[
                ('protocol', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('complete_at', models.DateTimeField(help_text='when everything was read')),
                ('upto', models.DateTimeField(help_text='runs that ended then or before are sealed')),
                ('marks', models.JSONField(help_text='the newest rows at that time, by table')),
                ('sums', models.JSONField(help_text='what the sealed runs add up to')),
                ('invariants', models.JSONField(help_text='what held, in its order')),
            ],
            options={
                'db_table': 'kept_audits',
                'ordering': ['protocol'],
            },
        ),
    ]
