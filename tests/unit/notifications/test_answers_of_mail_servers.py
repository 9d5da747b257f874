import pytest

from services.notifications.domain.answers import Refusal, Step, Verdict, verdict_on


class TestVerdictOn:
    @pytest.mark.parametrize("code", [450, 451, 452])
    @pytest.mark.parametrize("step", [Step.RECIPIENT, Step.MESSAGE])
    def test_a_temporary_refusal_is_tried_later(self, step: Step, code: int) -> None:
        assert verdict_on(Refusal(step, code, "Try again")) is Verdict.LATER

    @pytest.mark.parametrize("code", [550, 551, 553])
    def test_an_unknown_mailbox_is_the_addresss_fault(self, code: int) -> None:
        refusal = Refusal(Step.RECIPIENT, code, "No such user")

        assert verdict_on(refusal) is Verdict.NO_SUCH_ADDRESS

    def test_an_enhanced_code_says_more_than_the_plain_one(self) -> None:
        by_policy = Refusal(Step.RECIPIENT, 550, "5.7.1 Relaying denied")
        by_address = Refusal(Step.MESSAGE, 554, "5.1.1 Unknown user")

        assert verdict_on(by_policy) is Verdict.REFUSED
        assert verdict_on(by_address) is Verdict.NO_SUCH_ADDRESS

    def test_a_refused_message_is_refused(self) -> None:
        assert verdict_on(Refusal(Step.MESSAGE, 554, "Looks like spam")) is Verdict.REFUSED

    @pytest.mark.parametrize("code", [450, 550])
    def test_no_recipient_is_blamed_for_a_refused_sender(self, code: int) -> None:
        assert verdict_on(Refusal(Step.SENDER, code, "Who are you?")) is Verdict.SERVER_TROUBLE

    @pytest.mark.parametrize("code", [421, 503, 530, 535])
    def test_a_server_that_closes_or_wants_a_password_takes_no_mail_at_all(self, code: int) -> None:
        assert verdict_on(Refusal(Step.RECIPIENT, code, "")) is Verdict.SERVER_TROUBLE

    def test_only_an_answer_about_the_mail_counts_as_one(self) -> None:
        silent = {verdict for verdict in Verdict if not verdict.is_an_answer}

        assert silent == {Verdict.INTERRUPTED, Verdict.SERVER_TROUBLE}
