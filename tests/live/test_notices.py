"""A real router tells its owner that a token died: once, also after a restart; and again when it dies anew."""

import json
from pathlib import Path

from tests.support.lab import restarted, running_lab
from tests.support.router import wait_until
from tests.support.webhook import Webhook, listening


def events(hook: Webhook) -> list[tuple[str, str]]:
    told = [json.loads(body) for body in hook.bodies]
    return [(each["event"], each["subject"].get("token", "")) for each in told]


def test_dead_token_is_told_once_and_a_restart_does_not_repeat_it(tmp_path: Path) -> None:
    with listening() as hook:
        env = {"MITMROUTER__NOTIFY__WEBHOOK": hook.url, "MITMROUTER__NOTIFY__DESKTOP": "false"}
        with running_lab(tmp_path, env=env) as lab:
            lab.fresh("anthropic")
            lab.router.home.config.write_text(f'[notify]\nwebhook = "{hook.url}"\ndesktop = false\n')
            lab.faults(lab.fault("unauthorized_401"))
            assert lab.ask("anthropic").status_code == 200
            wait_until(lambda: ("token_died", "first") in events(hook), 15)
            assert not any(secret.encode() in body for secret in lab.secrets.values() for body in hook.bodies)
            lab.router.stop()
            with restarted(lab) as again:
                again.faults(again.fault("unauthorized_401", "second"))
                again.ask("anthropic")
                wait_until(lambda: ("token_died", "second") in events(hook), 15)
            assert events(hook).count(("token_died", "first")) == 1
