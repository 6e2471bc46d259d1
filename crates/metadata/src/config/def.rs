//! What is known about one config: its type, its default, what it may be set to, how it may be changed, and whether
//! Milena acts on it.
//!
//! Source: Kafka `ConfigDef.ConfigKey`; `DynamicBrokerConfig` for [`Mode`].

/// One config of one kind of resource.
#[derive(Debug)]
pub struct ConfigDef {
    /// The name, unique within its resource.
    pub name: &'static str,
    /// The type its text is read as.
    pub kind: Kind,
    /// The default as text; `None` is Kafka's null, for a config that is unset unless somebody sets it.
    pub default: Option<&'static str>,
    /// Which values of the type are accepted.
    pub valid: Valid,
    /// How it may be changed.
    pub mode: Mode,
    /// Whether Milena acts on it.
    pub status: Status,
    /// Who defines it.
    pub origin: Origin,
    /// What it means, in one or two sentences of Markdown.
    pub doc: &'static str,
    /// The broker configs that give the value when the resource sets none; the first that is set counts.
    pub synonyms: &'static [Synonym],
}

impl ConfigDef {
    /// Whether values are never shown.
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Whether only a restart changes it.
    pub fn is_read_only(&self) -> bool {
        self.mode == Mode::ReadOnly
    }
}

/// The kind of thing a config belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// A topic, by name.
    Topic,
    /// A broker by its id, or the default of all brokers with an empty name.
    Broker,
    /// A subscription to client metrics (KIP-714), by name.
    ClientMetrics,
    /// A group, by id.
    Group,
}

impl ResourceType {
    /// The resource with this code in requests and metadata records, if it is one that keeps configs.
    pub fn from_code(code: i8) -> Option<Self> {
        [Self::Topic, Self::Broker, Self::ClientMetrics, Self::Group].into_iter().find(|r| r.code() == code)
    }

    /// The code in requests and metadata records (Kafka `ConfigResource.Type`).
    pub fn code(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// Kafka's word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::ClientMetrics => "client metrics",
            Self::Group => "group",
        }
    }
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean,
    /// Any text, without the blanks around it.
    String,
    /// 32 bits, signed.
    Int,
    /// 16 bits, signed.
    Short,
    /// 64 bits, signed.
    Long,
    /// A decimal number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// Text that is never shown.
    Password,
}

impl Kind {
    /// The code in DescribeConfigs; 0 is left for configs nobody knows.
    pub fn code(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }

    /// Kafka's name of the type, as it stands in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

/// Which values a config accepts, beyond what its type says.
#[derive(Clone, Copy, Debug)]
pub enum Valid {
    /// Every value of the type.
    Any,
    /// A number not below this.
    AtLeast(i64),
    /// A number within these, both included.
    Between(i64, i64),
    /// A decimal number within these, both included.
    Fraction(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    OneOfAnyCase(&'static [&'static str]),
    /// Not the empty text.
    NonEmpty,
    /// -1, or 1 to 9.
    GzipLevel,
    /// A list of anything; doubles are dropped, as in every list below.
    AnyList,
    /// A list of at least one element.
    NonEmptyList,
    /// A list of some of these.
    ListOf(&'static [&'static str]),
    /// A list of at least one of these.
    NonEmptyListOf(&'static [&'static str]),
    /// A list of `id@host:port`.
    Voters,
    /// A list of `host:port`.
    BootstrapServers,
    /// A list of `partition:broker`, or `*` alone.
    ThrottledReplicas,
    /// `earliest`, `latest`, or `by_duration:` and an ISO 8601 duration that is not negative.
    OffsetReset,
}

/// How a config may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a restart with another file.
    ReadOnly,
    /// At run time, for one broker or for all.
    ClusterWide,
    /// At run time, for one broker.
    PerBroker,
    /// At run time, for one listener of one broker: with the prefix `listener.name.<listener>.`.
    PerListener,
    /// At run time, on its topic, group or subscription.
    Resource,
}

/// Whether Milena acts on a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does what it says.
    Works,
    /// It is known and does nothing yet, and no promise breaks by it. From a file it is taken and named once; over the
    /// wire only its default is.
    NoEffectYet,
    /// It does nothing yet, and whoever sets it relies on it: refused everywhere unless at its default.
    WouldBreakAPromise,
}

/// Who defines a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Apache Kafka, and its documentation names it.
    Kafka,
    /// Apache Kafka, which neither documents nor describes it.
    Internal,
    /// Milena.
    Milena,
}

/// A broker config that stands in for a topic's or group's config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// The broker config.
    pub name: &'static str,
    /// What its value is multiplied by; 1 also for values that are no numbers.
    pub factor: i64,
}

impl Synonym {
    pub(super) const fn same(name: &'static str) -> Self {
        Self { name, factor: 1 }
    }

    pub(super) const fn minutes(name: &'static str) -> Self {
        Self { name, factor: 60 * 1000 }
    }

    pub(super) const fn hours(name: &'static str) -> Self {
        Self { name, factor: 60 * 60 * 1000 }
    }
}
