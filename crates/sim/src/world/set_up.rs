//! The beginning of a run and its end, when nothing goes wrong: the node is formatted, topics and clients are made; and
//! when everybody has been answered, everything is asked for once more, over a kill and a power cut.

use broker::format::{Format, default_records, format};
use fastrand::Rng;
use protocol::{
    Decode, Encode, ErrorCode,
    api::{self, FRAME_SIZE_LEN, Request},
    messages::{
        create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
        offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup},
    },
    types::Uuid,
};

use super::{Death, Event, Participant, World};
use crate::{
    client::Client,
    clients::{Admin, Member, Producer, Reader},
    history::TopicFact,
    network::Connection,
};

impl World {
    pub(super) fn set_up(&mut self) -> Result<(), String> {
        let cluster_id = uuid(&mut self.nodes).to_string();
        let what = Format {
            cluster_id: &cluster_id,
            directory_id: uuid(&mut self.nodes),
            standalone: true,
            records: default_records(),
        };
        format(&self.disk, &self.config, &what, self.now().wall).map_err(|error| error.to_string())?;
        self.open()?;
        let (mut stable, mut rng) = (Vec::new(), self.nodes.fork());
        // What compaction does to them is to write them anew: no two records have one key.
        for (name, partitions, durability, policy) in [
            ("power-a", 2, "power-loss", "delete"),
            ("power-b", 1, "power-loss", "compact,delete"),
            ("crash", 2, "process-crash", "compact,delete"),
        ] {
            stable.push(self.create_topic(name, partitions, durability, policy)?);
        }
        let history = &mut self.history;
        let mut clients = Vec::<Box<dyn Client>>::new();
        for i in 0..rng.usize(1..=3) {
            let name = format!("producer-{i}");
            clients.push(Box::new(Producer::new(name, true, &stable, history, &mut rng)));
        }
        clients.push(Box::new(Producer::new("careless".to_owned(), false, &stable, history, &mut rng)));
        for i in 0..rng.usize(1..=2) {
            clients.push(Box::new(Reader::new(format!("reader-{i}"), &stable, history, &mut rng)));
        }
        for i in 0..rng.usize(1..=3) {
            let topic = stable[0];
            clients.push(Box::new(Member::new(format!("member-{i}"), "group", topic, true, history, &mut rng)));
        }
        let topic = stable[2];
        clients.push(Box::new(Member::new("loner".to_owned(), "alone", topic, false, history, &mut rng)));
        clients.push(Box::new(Admin::new("admin".to_owned(), stable, history, &mut rng)));
        for client in clients {
            self.clients.push(Participant { client, rng: rng.fork(), connection: None });
            let i = self.clients.len() - 1;
            self.after(0, Event::Connect { client: i });
            self.after(0, Event::Wake { client: i });
        }
        Ok(())
    }

    fn create_topic(&mut self, name: &str, partitions: i32, durability: &str, policy: &str) -> Result<usize, String> {
        let config = |name: &str, value: &str| CreatableTopicConfig {
            name: name.to_owned().into(),
            value: Some(value.to_owned().into()),
        };
        let topic = CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: vec![config("milena.durability", durability), config("cleanup.policy", policy)],
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let frame = self.ask(&request, 7)?;
        let answer = answer::<CreateTopicsRequest<'_>>(&frame, 7)?;
        let id = answer.topics[0].topic_id;
        self.history.facts.topics.insert(name.to_owned(), TopicFact::Present(Some(id)));
        Ok(self.history.add_topic(name, id, partitions as usize, durability == "power-loss"))
    }

    /// Asks the node on a connection of its own, and does whatever it takes to be answered. Only where no faults are.
    fn ask<'r, R: Request<'r> + Encode>(&mut self, request: &R, version: i16) -> Result<Vec<u8>, String> {
        let node = self.node.clone().ok_or("there is no node")?;
        let mut connection = Connection::new(usize::MAX, 1);
        connection.receive(api::request_frame(request, version, 0, None).map_err(|error| format!("{error:?}"))?);
        for event in self.take_events(|event| matches!(event, Event::Sync(_))) {
            if let Event::Sync(partition) = event {
                partition.sync(&node);
            }
        }
        for _ in 0..1000 {
            if let Some(frame) = connection.step(&node, self.now())?.pop() {
                return Ok(frame);
            }
            while let Some(partition) = node.syncs.take() {
                partition.sync(&node);
            }
            node.commit_metadata(self.now());
            node.tick(self.now());
            self.time_ns += 1_000_000;
        }
        Err(format!("a request of API {} is not answered", R::KEY))
    }

    /// Every group is asked for every offset, and must know at least what was acknowledged.
    fn fetch_all_offsets(&mut self) -> Result<(), String> {
        let known = self.history.commits().map(|(group, topic, partition)| (group.to_owned(), topic, partition));
        for (group, topic, partition) in known.collect::<Vec<_>>() {
            let floor = self.history.committed_floor(&group, topic, partition);
            let asked = OffsetFetchRequestGroup { group_id: group.clone().into(), topics: None, ..Default::default() };
            let request = OffsetFetchRequest { groups: vec![asked], ..Default::default() };
            let mut frame = self.ask(&request, 8)?;
            for _ in 0..10 {
                if answer::<OffsetFetchRequest<'_>>(&frame, 8)?.groups[0].error_code == ErrorCode::NONE {
                    break;
                }
                // The first tick after a start loads the groups.
                if let Some(node) = &self.node {
                    node.tick(self.now());
                }
                frame = self.ask(&request, 8)?;
            }
            let answer = answer::<OffsetFetchRequest<'_>>(&frame, 8)?;
            let name = &self.history.topics[topic].name;
            let topics = answer.groups[0].topics.iter().filter(|found| found.name == *name.as_str());
            let mut partitions = topics.flat_map(|found| &found.partitions);
            let found = partitions.find(|found| found.partition_index == partition as i32);
            let offset = found.map(|found| found.committed_offset.0).filter(|offset| *offset >= 0);
            self.history.offset_fetched(&group, topic, partition, floor, offset);
        }
        self.check()
    }

    /// Once everybody has been answered, nothing may depend on the node that is running.
    pub(super) fn look_at_the_end(&mut self) -> Result<(), String> {
        let deaths: &[Death] =
            if self.options.power_cuts { &[Death::Kill, Death::PowerCut] } else { &[Death::Kill, Death::Stop] };
        for &death in deaths {
            self.fetch_all_offsets()?;
            self.die(death)?;
            self.start()?;
        }
        self.fetch_all_offsets()
    }
}

fn uuid(rng: &mut Rng) -> Uuid {
    loop {
        if let Some(id) = Uuid::random_from(rng.u128(..).to_be_bytes()) {
            return id;
        }
    }
}

/// Reads a frame, with its size in front, as the answer to `R`.
fn answer<'a, R>(frame: &'a [u8], version: i16) -> Result<R::Response, String>
where
    R: Request<'a>,
    R::Response: Decode<'a>,
{
    let decoded = api::decode_response::<R>(&frame[FRAME_SIZE_LEN..], version);
    decoded.map(|(_, answer)| answer).map_err(|error| format!("{error:?}"))
}
