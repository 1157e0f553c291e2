"""How a Google account comes to its project at Code Assist: `loadCodeAssist`, and `onboardUser` for a new one."""

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Json
from router_core.simulator.gemini_errors import gemini_error, refuse_gemini
from router_core.simulator.google_accounts import NO_LONGER_SUPPORTED, check_standing, wrong_project
from router_core.simulator.world import World

FREE, STANDARD = "free-tier", "standard-tier"
_IDE_TYPES = ("IDE_UNSPECIFIED", "ANTIGRAVITY", "GEMINI_CLI", "VSCODE")


def load_code_assist(world: World, account: AccountState, body: Json) -> Answer:
    """The account's tier and project; a new account has neither."""
    _check_metadata(body)
    project = body.get("cloudaicompanionProject")
    if project and project != account.project:
        raise wrong_project(str(project))
    plan = account.spec.plan
    tiers: list[Json] = [
        {"id": FREE, "name": "Gemini Code Assist for individuals", "isDefault": True},
        {"id": STANDARD, "name": "Gemini Code Assist", "userDefinedCloudaicompanionProject": True},
    ]
    if plan == "individual":
        refused: Json = {
            "reasonCode": "UNSUPPORTED_CLIENT",
            "reasonMessage": NO_LONGER_SUPPORTED,
            "tierId": FREE,
            "tierName": "Gemini Code Assist for individuals",
        }
        return json_answer(200, {"allowedTiers": [tiers[1]], "ineligibleTiers": [refused]})
    if plan == "unverified":
        check_standing(account)
    if plan == "new" and account.token not in world.onboarded:
        return json_answer(200, {"allowedTiers": tiers})
    current = STANDARD if plan in ("", STANDARD) else FREE
    found: Json = {
        "currentTier": {"id": current, "name": next(tier["name"] for tier in tiers if tier["id"] == current)},
        "allowedTiers": tiers,
        "cloudaicompanionProject": account.project,
    }
    return json_answer(200, found)


def onboard_user(world: World, account: AccountState, body: Json) -> Answer:
    """Begin to set an account up; the answer is an operation that takes a while."""
    _check_metadata(body)
    tier = body.get("tierId")
    if tier not in (FREE, STANDARD):
        raise refuse_gemini(400, "Request contains an invalid argument.")
    project = body.get("cloudaicompanionProject")
    if (tier == FREE) == bool(project):  # the free tier brings a project of its own, the other one needs yours
        raise refuse_gemini(400, "Precondition Failed", name="FAILED_PRECONDITION")
    if account.spec.plan == "individual":
        check_standing(account)
    name = f"operations/onboard-{account.project}"
    world.onboarding[name] = account.token
    return json_answer(200, {"name": name, "done": False})


def operation(world: World, account: AccountState, name: str) -> Answer:
    """How far it is: done at the second look."""
    if world.onboarding.get(name) != account.token:
        return gemini_error(404, "Requested entity was not found.")
    if account.token not in world.onboarded:
        world.onboarded.add(account.token)
        return json_answer(200, {"name": name, "done": False})
    project = {"id": account.project, "name": account.project}
    return json_answer(200, {"name": name, "done": True, "response": {"cloudaicompanionProject": project}})


def _check_metadata(body: Json) -> None:
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("ideType") not in _IDE_TYPES:
        raise refuse_gemini(400, "Request contains an invalid argument.")
