from datetime import timedelta

from blueroom.report.models import AudienceCount
from blueroom.report.worker import AudienceCounter
from blueroom.room.models import SessionState


def test_phones_of_all_processes_are_counted_once_a_minute_on_air(session, moment):
    followed = {"askines/phone": 20, "askines/desk": 3, "autre/phone": 5}
    counters = [AudienceCounter(lambda: followed, began_at=moment) for _ in range(2)]

    def look(*, seconds):
        for counter in counters:
            counter.look(moment + timedelta(seconds=seconds))

    look(seconds=60)  # it is not on air yet
    session.state = SessionState.ON_AIR
    session.save()
    look(seconds=110)  # this minute was looked at
    look(seconds=125)
    look(seconds=150)
    late = AudienceCounter(lambda: followed, began_at=moment + timedelta(seconds=170))
    late.look(moment + timedelta(seconds=175))  # others counted the minute in which it began
    followed["askines/phone"] = 0
    look(seconds=190)

    minute = moment + timedelta(minutes=2)
    assert list(AudienceCount.objects.values_list("session", "minute", "phones")) == [
        (session.pk, minute, 40)
    ]
