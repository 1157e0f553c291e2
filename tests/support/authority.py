"""Certificates that nobody vouches for: of an authority that clients never meet, and of a server on this machine."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def unknown_authority() -> bytes:
    """Its certificate, as PEM; its key is forgotten."""
    return _certificate(ec.generate_private_key(ec.SECP256R1()), "nobody")


def own_certificate(file: Path) -> Path:
    """A file with key and certificate, signed with that key, for a TLS server on localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(written + _certificate(key, "localhost"))
    return file


def _certificate(key: ec.EllipticCurvePrivateKey, called: str) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, called)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2046, 1, 1, tzinfo=UTC)
    )
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return certificate.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
