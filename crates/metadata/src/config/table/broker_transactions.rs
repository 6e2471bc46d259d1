//! Broker configs of transactions and of idempotent producers.
//!
//! Source: Kafka `TransactionLogConfig`, `TransactionStateManagerConfig`, `AddPartitionsToTxnConfig`.

use super::prelude::*;

configs! { pub(super) static TRANSACTIONS, Kafka:
    "transaction.state.log.num.partitions", Int, "50", AtLeast(1), ReadOnly, NoEffectYet,
        "Partitions of `__transaction_state`.";
    "transaction.state.log.replication.factor", Short, "3", AtLeast(1), ReadOnly, NoEffectYet,
        "Replicas of `__transaction_state`.";
    "transaction.state.log.min.isr", Int, "2", AtLeast(1), ReadOnly, NoEffectYet,
        "`min.insync.replicas` of `__transaction_state`.";
    "transaction.state.log.segment.bytes", Int, "104857600", AtLeast(1), ReadOnly, NoEffectYet,
        "Segment size of `__transaction_state`.";
    "transaction.state.log.load.buffer.size", Int, "5242880", AtLeast(1), ReadOnly, NoEffectYet,
        "Bytes read at a time when a transaction coordinator loads its partition.";
    "transaction.max.timeout.ms", Int, "900000", AtLeast(1), ReadOnly, NoEffectYet,
        "The longest transaction timeout a producer may ask for.";
    "transactional.id.expiration.ms", Int, "604800000", AtLeast(1), ReadOnly, NoEffectYet,
        "A transactional id unused for this long is forgotten.";
    "transaction.abort.timed.out.transaction.cleanup.interval.ms", Int, "10000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often transactions over their timeout are looked for.";
    "transaction.remove.expired.transaction.cleanup.interval.ms", Int, "3600000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often expired transactional ids are looked for.";
    "transaction.partition.verification.enable", Boolean, "true", Any, ClusterWide, NoEffectYet,
        "Whether a partition asks the coordinator if a transaction is under way before it takes its records.";
    "transaction.two.phase.commit.enable", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether producers may leave the end of a transaction to an outside coordinator.";
    "add.partitions.to.txn.retry.backoff.ms", Int, "20", AtLeast(1), ReadOnly, NoEffectYet,
        "How long the broker waits before it retries adding a partition to a transaction.";
    "add.partitions.to.txn.retry.backoff.max.ms", Int, "100", AtLeast(0), ReadOnly, NoEffectYet,
        "The longest the broker keeps retrying to add a partition to a transaction.";
    "producer.id.expiration.ms", Int, "86400000", AtLeast(1), ClusterWide, Works,
        "A partition forgets an idempotent producer that wrote nothing for this long.";
}
