//! Broker configs of authorization, delegation tokens and TLS.
//!
//! Those of TLS do nothing while no listener speaks it, so they are no reason to refuse a file; the listener
//! that asks for it is.
//!
//! Source: Kafka `ServerConfigs`, `BrokerSecurityConfigs`, `DelegationTokenManagerConfigs`, `SslConfigs`.

use super::prelude::*;

configs! { pub(super) static SECURITY, Kafka:
    "authorizer.class.name", String, "", Any, ReadOnly, WouldBreakAPromise,
        "Plugin class that decides who may do what; empty for no authorization.";
    "principal.builder.class", Class, "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
        Any, PerBroker, WouldBreakAPromise,
        "Plugin class that derives a principal from a connection.";
    "delegation.token.secret.key", Password, none, Any, ReadOnly, NoEffectYet,
        "Secret that signs delegation tokens; the same on every node.";
    "delegation.token.max.lifetime.ms", Long, "604800000", AtLeast(1), ReadOnly, NoEffectYet,
        "The longest a delegation token can be renewed.";
    "delegation.token.expiry.time.ms", Long, "86400000", AtLeast(1), ReadOnly, NoEffectYet,
        "How long a delegation token lasts before it must be renewed.";
    "delegation.token.expiry.check.interval.ms", Long, "3600000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often expired delegation tokens are removed.";
    "security.providers", String, none, Any, ReadOnly, NoEffectYet,
        "Java security providers to register.";
}

configs! { pub(super) static TLS, Kafka:
    "ssl.allow.dn.changes", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether a dynamically replaced certificate may carry another distinguished name.";
    "ssl.allow.san.changes", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether a dynamically replaced certificate may carry other alternative names.";
    "ssl.cipher.suites", List, "", AnyList, PerBroker, NoEffectYet,
        "Cipher suites offered; empty for all.";
    "ssl.client.auth", String, "none", OneOf(&["required", "requested", "none"]), PerBroker, NoEffectYet,
        "Whether clients must show a certificate: `required`, `requested` or `none`.";
    "ssl.enabled.protocols", List, "TLSv1.2,TLSv1.3", AnyList, PerBroker, NoEffectYet,
        "TLS versions accepted.";
    "ssl.endpoint.identification.algorithm", String, "https", Any, PerBroker, NoEffectYet,
        "How the broker checks a peer's host name; empty for not at all.";
    "ssl.engine.factory.class", Class, none, Any, PerListener, NoEffectYet,
        "Plugin class that makes TLS engines.";
    "ssl.key.password", Password, none, Any, PerListener, NoEffectYet,
        "Password of the private key.";
    "ssl.keymanager.algorithm", String, "SunX509", Any, PerBroker, NoEffectYet,
        "Java's key manager algorithm.";
    "ssl.keystore.certificate.chain", Password, none, Any, PerListener, NoEffectYet,
        "The certificate chain itself, as PEM.";
    "ssl.keystore.key", Password, none, Any, PerListener, NoEffectYet,
        "The private key itself, as PEM.";
    "ssl.keystore.location", String, none, Any, PerListener, NoEffectYet,
        "File of the private key and certificate.";
    "ssl.keystore.password", Password, none, Any, PerListener, NoEffectYet,
        "Password of that file.";
    "ssl.keystore.type", String, "JKS", Any, PerListener, NoEffectYet,
        "Format of that file: JKS, PKCS12 or PEM.";
    "ssl.principal.mapping.rules", String, "DEFAULT", Any, ReadOnly, NoEffectYet,
        "Rules that turn a distinguished name into a principal.";
    "ssl.protocol", String, "TLSv1.3", Any, PerBroker, NoEffectYet,
        "TLS version tried first.";
    "ssl.provider", String, none, Any, PerBroker, NoEffectYet,
        "Java security provider.";
    "ssl.secure.random.implementation", String, none, Any, PerBroker, NoEffectYet,
        "Java's source of randomness for TLS.";
    "ssl.trustmanager.algorithm", String, "PKIX", Any, PerBroker, NoEffectYet,
        "Java's trust manager algorithm.";
    "ssl.truststore.certificates", Password, none, Any, PerListener, NoEffectYet,
        "Trusted certificates themselves, as PEM.";
    "ssl.truststore.location", String, none, Any, PerListener, NoEffectYet,
        "File of the trusted certificates.";
    "ssl.truststore.password", Password, none, Any, PerListener, NoEffectYet,
        "Password of that file.";
    "ssl.truststore.type", String, "JKS", Any, PerListener, NoEffectYet,
        "Format of that file: JKS, PKCS12 or PEM.";
}
