"""Links in mails: minted when the mail is sent, each for one form of one person."""

from datetime import timedelta

from services.notifications.domain.letter import INVITING, Kind
from services.notifications.settings import Settings
from services.notifications.store.ledger import Claim
from shared.auth import FORM_LIFE, Form, FormKind, Issuer

CHECKIN_LIFE = timedelta(days=60)


class Links:
    """Makes the links that mails carry into the portal."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = Issuer(settings.service, settings.signing_key.get_secret_value())
        self._portal = settings.portal_url.rstrip("/")

    def link_for(self, claim: Claim) -> str | None:
        """The link to the next step of whom a delivery is for; None where it needs none."""
        if claim.kind is Kind.CHECKIN_DUE and claim.participant_id:
            form = Form(FormKind.CHECKIN, claim.subject_id, claim.participant_id)
            return self._link("checkins", form, CHECKIN_LIFE)
        if claim.kind is Kind.SIGN_IN and claim.person_id:
            form = Form(FormKind.SIGN_IN, claim.subject_id, claim.person_id)
            return self._link("sign-in", form, FORM_LIFE[FormKind.SIGN_IN])
        if claim.kind in INVITING:  # a page that everybody signs in to: nothing to mint
            return f"{self._portal}/programmes/{claim.programme_id}/sign-up"
        return None

    def _link(self, page: str, form: Form, life: timedelta) -> str:
        return f"{self._portal}/{page}/{self._issuer.form_token(form, life)}"
