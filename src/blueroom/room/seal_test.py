import pytest

from blueroom.room import seal


def test_unseal_gives_back_what_was_sealed_and_the_sealed_text_hides_it() -> None:
    content = seal.Sealed(fields={"password": "s3cret-app"}, state={"access": "jwt"})

    sealed = seal.seal(content)

    assert seal.unseal(memoryview(sealed)) == content
    assert b"s3cret-app" not in sealed
    assert seal.seal(content) != sealed


def test_unseal_refuses_what_another_key_sealed(settings) -> None:
    sealed = seal.seal(seal.Sealed(fields={}))
    settings.SECRET_KEY = "another installation's key, long enough to be one"

    with pytest.raises(seal.SealBroken):
        seal.unseal(sealed)
