//! What goes wrong: broken connections, and the three ways in which a node ends.

use std::{collections::VecDeque, sync::Arc};

use broker::{cleaner::Worker, node::Node};

use super::{Death, Event, WIRE_NS, World};
use crate::settings::pick;

impl World {
    /// Something goes wrong.
    pub(super) fn fault(&mut self) -> Result<(), String> {
        if self.node.is_none() || self.dying.is_some() {
            return Ok(());
        }
        if self.faults.u8(..3) == 0 {
            self.break_connection();
            return Ok(());
        }
        let death = match self.faults.u8(..100) {
            roll if roll < self.weather.power_percent => Death::PowerCut,
            roll if roll % 5 == 0 => Death::Stop,
            _ => Death::Kill,
        };
        if self.faults.u8(..100) < self.weather.torn_percent {
            let limit = pick(&mut self.faults, &[1, 8, 40]);
            let changes = self.faults.u64(..=limit);
            self.note(format_args!("{death:?} after {changes} changes of the disk"));
            let stop_at = self.disk.changes() + changes;
            self.disk.stop_after(changes);
            if death == Death::Stop {
                self.dying = Some((Death::Kill, stop_at));
                // It is stopped, and dies while it stops.
                if let Some(node) = self.node.clone() {
                    let closed = node.close(self.now());
                    self.note(format_args!("a stop that is cut short: {}", closed.is_ok()));
                }
                return self.die(Death::Kill);
            }
            self.dying = Some((death, stop_at));
            self.after(200_000_000, Event::Overdue { life: self.life });
            return Ok(());
        }
        if death == Death::Stop
            && let Some(node) = self.node.clone()
        {
            node.close(self.now()).map_err(|error| format!("a clean stop failed: {error}"))?;
        }
        self.die(death)
    }

    /// A connection breaks. What the client sent arrives or does not, what the node answers is lost.
    fn break_connection(&mut self) {
        let open = self.connections.iter().filter(|(_, connection)| connection.is_open);
        let open = open.map(|(id, connection)| (*id, connection.client)).collect::<Vec<_>>();
        if open.is_empty() {
            return;
        }
        let (id, client) = open[self.faults.usize(..open.len())];
        let arrives = self.faults.bool();
        self.note(format_args!("#{id} breaks; what was sent {}", if arrives { "arrives" } else { "is lost" }));
        let frames = self.take_events(|event| matches!(event, Event::Request { connection, .. } if *connection == id));
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.is_open = false;
            for event in frames {
                if let (Event::Request { frame, .. }, true) = (event, arrives) {
                    connection.receive(frame);
                }
            }
        }
        self.after(0, Event::Lost { connection: id, client });
    }

    pub(super) fn take_events(&mut self, is_wanted: impl Fn(&Event) -> bool) -> VecDeque<Event> {
        let keys = self.events.iter().filter(|(_, event)| is_wanted(event)).map(|(key, _)| *key).collect::<Vec<_>>();
        keys.iter().filter_map(|key| self.events.remove(key)).collect()
    }

    /// The node is gone, from one moment to the next.
    pub(super) fn die(&mut self, death: Death) -> Result<(), String> {
        self.note(format_args!("the node dies: {death:?}"));
        self.deaths[death as usize] += 1;
        self.worst = self.worst.max(death);
        self.dying = None;
        if death == Death::PowerCut {
            self.disk.crash();
        } else {
            self.disk.kill();
        }
        drop(self.take_events(|event| {
            matches!(
                event,
                Event::Sync(_)
                    | Event::Commit
                    | Event::Tick
                    | Event::Clean
                    | Event::Request { .. }
                    | Event::Look { .. }
                    | Event::Start
            )
        }));
        self.commit_is_due = false;
        self.cleaner = Worker::default();
        self.tick = None;
        // Each client still hears what was under way, or only a part of it.
        for (id, connection) in std::mem::take(&mut self.connections) {
            if !connection.is_open {
                continue;
            }
            let under_way = |event: &Event| matches!(event, Event::Answer { connection, .. } if *connection == id);
            if self.network.bool() {
                drop(self.take_events(under_way));
            }
            let at = connection.last_arrival_ns.max(self.time_ns);
            self.at(at, Event::Lost { connection: id, client: connection.client });
        }
        self.node = None;
        self.life += 1;
        self.high_watermarks.clear();
        let limit = pick(&mut self.faults, &[1_000_000, 100_000_000, 10_000_000_000]);
        let pause = WIRE_NS + self.faults.u64(..limit);
        self.after(pause, Event::Start);
        Ok(())
    }

    /// The node starts on what is left; sometimes it dies again while it does.
    pub(super) fn start(&mut self) -> Result<(), String> {
        // At the end of a run the event may still be there.
        drop(self.take_events(|event| matches!(event, Event::Start)));
        if !self.is_ending && self.faults.u8(..4) == 0 {
            let limit = pick(&mut self.faults, &[3, 20]);
            let changes = self.faults.u64(..=limit);
            let death = if self.faults.u8(..100) < self.weather.power_percent { Death::PowerCut } else { Death::Kill };
            self.note(format_args!("a start that is cut short after {changes} changes"));
            let stop_at = self.disk.changes() + changes;
            self.disk.stop_after(changes);
            let opened = self.open();
            if self.disk.changes() < stop_at {
                opened?;
            }
            return self.die(death);
        }
        self.open()?;
        self.compare()
    }

    pub(super) fn open(&mut self) -> Result<(), String> {
        self.born_ns = self.time_ns;
        let (disk, seed) = (Arc::new(self.disk.clone()), self.nodes.u64(..));
        let node = Node::open(self.config.clone(), disk, seed, self.now());
        let node = node.map_err(|error| format!("the node does not start: {error}"))?;
        node.open_logs(|_, _| true);
        self.note(format_args!("the node starts"));
        self.node = Some(Arc::new(node));
        self.after(0, Event::Clean);
        Ok(())
    }
}
