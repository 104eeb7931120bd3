"""The web that the reference samples of credentials live in: their addresses, and the files that are behind them."""

import json
from pathlib import Path

DCC = "https://digitalcredentials.github.io/vc-test-fixtures"
LISTS = "statusLists/didkey-ed25519Signature2020"
REVOKED_LIST = "e5WK8CbZ1GjycuPombrj"


def addresses_of(standards: Path) -> dict[str, Path]:
    """Address -> file, for every address that a sample names and whose document is among the samples."""
    dcc, badges = standards / "vc-signed-dcc", standards / "openbadges-3.0/samples/1edtech-validator"
    found = {f"{DCC}/{LISTS}/{file.name}": file for file in (dcc / LISTS).iterdir()}
    found |= {f"{DCC}/dids/{name}/did.json": dcc / f"dids/{name}/did.json" for name in ("legacy", "oidf")}
    found["https://raw.githubusercontent.com/digitalcredentials/verifier-core/refs/heads/main/src/test-fixtures/"
          f"status/{REVOKED_LIST}"] = dcc / LISTS / REVOKED_LIST  # fmt: skip
    found["https://raw.githubusercontent.com/1EdTech/digital-credentials-public-validator/refs/heads/main/"
          "inspector-vc/src/test/resources/ob30/bit-string-list/testlist"] = badges / "bit-string-list/testlist"  # fmt: skip
    older = standards / "openbadges-2.0/samples/1edtech-validator"
    for file in sorted((older / "assets").glob("*.json")):
        found |= {f"{scheme}://example.org/{file.name}": file for scheme in ("http", "https")}
    return found


def gone_addresses(standards: Path) -> dict[str, bytes]:
    """What 1EdTech's revoked sample of 2023 names and nobody publishes any more, made again after what it says.

    The DID document has the key that the name of the verification method is; the list revokes the credential.
    """
    file = standards / "openbadges-3.0/samples/1edtech-validator/credential-status-revoked.json"
    credential = json.loads(file.read_bytes())
    did, _, key = credential["proof"]["verificationMethod"].partition("#")
    method = {"id": f"{did}#{key}", "type": "Multikey", "controller": did, "publicKeyMultibase": key}
    document = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    status = credential["credentialStatus"]["id"]
    revoked = {"id": status, "issuer": did, "revokedCredential": [{"id": credential["id"], "revoked": True}]}
    return {did: json.dumps(document).encode(), status: json.dumps(revoked).encode()}
