//! Broker configs of SASL, most of them about Kerberos and OAuth.
//!
//! Source: Kafka `BrokerSecurityConfigs`, `SaslConfigs`.

use super::prelude::*;

configs! { pub(super) static SASL, Kafka:
    "sasl.client.callback.handler.class", Class, none, Any, ReadOnly, NoEffectYet,
        "Plugin class for the broker's own SASL logins.";
    "sasl.enabled.mechanisms", List, "GSSAPI", AnyList, PerBroker, NoEffectYet,
        "Mechanisms offered to clients.";
    "sasl.jaas.config", Password, none, Any, PerBroker, NoEffectYet,
        "Login settings in JAAS form.";
    "sasl.kerberos.kinit.cmd", String, "/usr/bin/kinit", Any, PerBroker, NoEffectYet,
        "Path of the kinit program.";
    "sasl.kerberos.min.time.before.relogin", Long, "60000", Any, PerBroker, NoEffectYet,
        "Least milliseconds between two Kerberos logins.";
    "sasl.kerberos.principal.to.local.rules", List, "DEFAULT", AnyList, PerBroker, NoEffectYet,
        "Rules that turn a Kerberos principal into a short name.";
    "sasl.kerberos.service.name", String, none, Any, PerBroker, NoEffectYet,
        "Kerberos service name of the broker.";
    "sasl.kerberos.ticket.renew.jitter", Double, "0.05", Any, PerBroker, NoEffectYet,
        "Random share added to the time of a ticket renewal.";
    "sasl.kerberos.ticket.renew.window.factor", Double, "0.8", Any, PerBroker, NoEffectYet,
        "Share of a ticket's life after which it is renewed.";
    "sasl.login.callback.handler.class", Class, none, Any, ReadOnly, NoEffectYet,
        "Plugin class for logins.";
    "sasl.login.class", Class, none, Any, ReadOnly, NoEffectYet,
        "Plugin class that performs logins.";
    "sasl.login.connect.timeout.ms", Int, none, Any, ReadOnly, NoEffectYet,
        "How long connecting to an identity provider may take.";
    "sasl.login.read.timeout.ms", Int, none, Any, ReadOnly, NoEffectYet,
        "How long an identity provider may take to answer.";
    "sasl.login.refresh.buffer.seconds", Short, "300", Any, PerBroker, NoEffectYet,
        "Seconds before expiry by which a credential is refreshed.";
    "sasl.login.refresh.min.period.seconds", Short, "60", Any, PerBroker, NoEffectYet,
        "Least seconds between two refreshes.";
    "sasl.login.refresh.window.factor", Double, "0.8", Any, PerBroker, NoEffectYet,
        "Share of a credential's life after which it is refreshed.";
    "sasl.login.refresh.window.jitter", Double, "0.05", Any, PerBroker, NoEffectYet,
        "Random share added to the time of a refresh.";
    "sasl.login.retry.backoff.max.ms", Long, "10000", Any, ReadOnly, NoEffectYet,
        "The longest wait between two login attempts.";
    "sasl.login.retry.backoff.ms", Long, "100", Any, ReadOnly, NoEffectYet,
        "The first wait between two login attempts.";
    "sasl.mechanism.controller.protocol", String, "GSSAPI", Any, ReadOnly, NoEffectYet,
        "Mechanism used towards controllers.";
    "sasl.mechanism.inter.broker.protocol", String, "GSSAPI", Any, PerBroker, NoEffectYet,
        "Mechanism used between brokers.";
    "sasl.oauthbearer.assertion.algorithm", String, "RS256", OneOfAnyCase(&["ES256", "RS256"]), ReadOnly, NoEffectYet,
        "Algorithm that signs a client assertion.";
    "sasl.oauthbearer.assertion.claim.aud", String, none, Any, ReadOnly, NoEffectYet,
        "Audience claim of the assertion.";
    "sasl.oauthbearer.assertion.claim.exp.seconds", Int, "300", Between(0, 86_400), ReadOnly, NoEffectYet,
        "Seconds until the assertion expires.";
    "sasl.oauthbearer.assertion.claim.iss", String, none, Any, ReadOnly, NoEffectYet,
        "Issuer claim of the assertion.";
    "sasl.oauthbearer.assertion.claim.jti.include", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether the assertion carries a unique id.";
    "sasl.oauthbearer.assertion.claim.nbf.seconds", Int, "60", Between(0, 3_600), ReadOnly, NoEffectYet,
        "Seconds by which the assertion is valid before it is made.";
    "sasl.oauthbearer.assertion.claim.sub", String, none, Any, ReadOnly, NoEffectYet,
        "Subject claim of the assertion.";
    "sasl.oauthbearer.assertion.file", String, none, Any, ReadOnly, NoEffectYet,
        "File of a ready-made assertion.";
    "sasl.oauthbearer.assertion.private.key.file", String, none, Any, ReadOnly, NoEffectYet,
        "File of the key that signs the assertion.";
    "sasl.oauthbearer.assertion.private.key.passphrase", Password, none, Any, ReadOnly, NoEffectYet,
        "Passphrase of that key.";
    "sasl.oauthbearer.assertion.template.file", String, none, Any, ReadOnly, NoEffectYet,
        "File with further headers and claims of the assertion.";
    "sasl.oauthbearer.client.credentials.client.id", String, none, Any, ReadOnly, NoEffectYet,
        "Client id for the identity provider.";
    "sasl.oauthbearer.client.credentials.client.secret", Password, none, Any, ReadOnly, NoEffectYet,
        "Client secret for the identity provider.";
    "sasl.oauthbearer.clock.skew.seconds", Int, "30", Any, ReadOnly, NoEffectYet,
        "Difference between clocks that is forgiven.";
    "sasl.oauthbearer.expected.audience", List, "", AnyList, ReadOnly, NoEffectYet,
        "Audiences a token may be meant for.";
    "sasl.oauthbearer.expected.issuer", String, none, Any, ReadOnly, NoEffectYet,
        "Issuer a token must come from.";
    "sasl.oauthbearer.jwks.endpoint.refresh.ms", Long, "3600000", Any, ReadOnly, NoEffectYet,
        "How often the provider's keys are fetched.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Long, "10000", Any, ReadOnly, NoEffectYet,
        "The longest wait between two attempts to fetch the keys.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Long, "100", Any, ReadOnly, NoEffectYet,
        "The first wait between two attempts to fetch the keys.";
    "sasl.oauthbearer.jwks.endpoint.url", String, none, Any, ReadOnly, NoEffectYet,
        "Where the provider's keys are.";
    "sasl.oauthbearer.jwt.retriever.class", Class, "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
        Any, ReadOnly, NoEffectYet,
        "Plugin class that obtains tokens.";
    "sasl.oauthbearer.jwt.validator.class", Class, "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
        Any, ReadOnly, NoEffectYet,
        "Plugin class that checks tokens.";
    "sasl.oauthbearer.scope", String, none, Any, ReadOnly, NoEffectYet,
        "Scope asked of the identity provider.";
    "sasl.oauthbearer.scope.claim.name", String, "scope", Any, ReadOnly, NoEffectYet,
        "Claim that holds a token's scope.";
    "sasl.oauthbearer.sub.claim.name", String, "sub", Any, ReadOnly, NoEffectYet,
        "Claim that holds a token's subject.";
    "sasl.oauthbearer.token.endpoint.url", String, none, Any, ReadOnly, NoEffectYet,
        "Where tokens are issued.";
    "sasl.server.callback.handler.class", Class, none, Any, ReadOnly, NoEffectYet,
        "Plugin class that checks credentials.";
    "sasl.server.max.receive.size", Int, "524288", Any, ReadOnly, NoEffectYet,
        "The largest SASL message accepted.";
}
