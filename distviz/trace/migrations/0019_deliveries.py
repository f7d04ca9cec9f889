from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('trace', '0018_events_of_a_run'),
    ]

    operations = [
        migrations.RenameField(model_name='run', old_name='tries', new_name='deliveries'),
    ]
