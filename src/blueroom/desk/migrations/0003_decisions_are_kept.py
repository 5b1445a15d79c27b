"""The past cannot be rewritten: a decision's row is never updated, by anybody, with any tool."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER decisions_are_kept BEFORE UPDATE ON desk_decision
BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION refuse_decision_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'decisions are never changed'; END $$;
CREATE TRIGGER decisions_are_kept BEFORE UPDATE ON desk_decision
FOR EACH ROW EXECUTE FUNCTION refuse_decision_change();
"""


def add_trigger(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(statements)


def drop_trigger(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER decisions_are_kept")
        else:
            cursor.execute("DROP TRIGGER decisions_are_kept ON desk_decision")
            cursor.execute("DROP FUNCTION refuse_decision_change()")


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_initial")]
    operations = [migrations.RunPython(add_trigger, drop_trigger)]
