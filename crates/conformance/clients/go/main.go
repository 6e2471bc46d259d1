// segmentio/kafka-go. It has no idempotent producer; administration goes through its Client, requests by hand.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	count    = 100
	patience = 90 * time.Second
)

var (
	bootstrap = os.Getenv("BOOTSTRAP")
	prefix    = os.Getenv("PREFIX")
	codecs    = []string{"none", "gzip", "snappy", "lz4", "zstd"}
	// A transport knows only topics that existed when it last asked; by default that is every six seconds.
	transport = &kafka.Transport{MetadataTTL: 200 * time.Millisecond}
	client    = &kafka.Client{Addr: kafka.TCP(bootstrap), Timeout: 60 * time.Second, Transport: transport}
)

func records(n int) []kafka.Message {
	start := time.Now().Add(-count * time.Second).Truncate(time.Millisecond)
	messages := make([]kafka.Message, n)
	for i := range messages {
		messages[i] = kafka.Message{
			Key:     fmt.Appendf(nil, "key-%d", i),
			Value:   fmt.Appendf(nil, "value-%d%s", i, strings.Repeat("x", 100)),
			Headers: []kafka.Header{{Key: "number", Value: fmt.Append(nil, i)}},
			Time:    start.Add(time.Duration(i) * time.Second),
		}
	}
	return messages
}

func equal(what string, got, wanted any) error {
	if !reflect.DeepEqual(got, wanted) {
		return fmt.Errorf("%s: %v instead of %v", what, got, wanted)
	}
	return nil
}

// until waits for a condition; its errors count as not yet.
func until(what string, condition func() (bool, error)) error {
	var last error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		done, err := condition()
		if done && err == nil {
			return nil
		}
		last = err
	}
	return fmt.Errorf("%s: not after %v, last error %v", what, patience, last)
}

func refused(wanted kafka.Error, err error) error {
	// A writer gives one error to each message.
	var each kafka.WriteErrors
	if errors.As(err, &each) {
		err = each[0]
	}
	if !errors.Is(err, wanted) {
		return fmt.Errorf("%v instead of %v", err, wanted)
	}
	return nil
}

func report(feature, outcome, detail string) {
	fmt.Printf("%s\t%s\t%s\n", feature, outcome, detail)
}

func cell(feature string, check func() error) {
	if err := check(); err != nil {
		report(feature, "fail", strings.Join(strings.Fields(err.Error()), " "))
	} else {
		report(feature, "ok", "")
	}
}

func create(topic string, partitions int, entries ...kafka.ConfigEntry) error {
	response, err := client.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries},
	}})
	if err != nil {
		return err
	}
	return response.Errors[topic]
}

func metadata(topic string) (kafka.Topic, error) {
	response, err := client.Metadata(context.Background(), &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return kafka.Topic{}, err
	}
	return response.Topics[0], response.Topics[0].Error
}

// createAndWait creates a topic and waits until the node has a leader for each partition.
func createAndWait(topic string, partitions int) error {
	if err := create(topic, partitions); err != nil {
		return err
	}
	return until("topic", func() (bool, error) {
		found, err := metadata(topic)
		return len(found.Partitions) == partitions, err
	})
}

func retention(topic string) (string, error) {
	response, err := client.DescribeConfigs(context.Background(), &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"retention.ms"},
		}},
	})
	if err != nil {
		return "", err
	}
	if err := response.Resources[0].Error; err != nil {
		return "", err
	}
	return response.Resources[0].ConfigEntries[0].ConfigValue, nil
}

func described(topic string, partitions int, value string) error {
	return until(fmt.Sprintf("%d partitions, retention %s", partitions, value), func() (bool, error) {
		found, err := metadata(topic)
		if err != nil {
			return false, err
		}
		kept, err := retention(topic)
		return len(found.Partitions) == partitions && kept == value, err
	})
}

func altered(topic string) error {
	ctx := context.Background()
	more, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 4}},
	})
	if err == nil {
		err = more.Errors[topic]
	}
	if err != nil {
		return err
	}
	changed, err := client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{
				{Name: "retention.ms", Value: "7200000", ConfigOperation: kafka.ConfigOperationSet},
			},
		}},
	})
	if err == nil {
		err = changed.Resources[0].Error
	}
	if err != nil {
		return err
	}
	return described(topic, 4, "7200000")
}

func deleted(topic string) error {
	response, err := client.DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err == nil {
		err = response.Errors[topic]
	}
	if err != nil {
		return err
	}
	return until("topic gone", func() (bool, error) {
		all, err := client.Metadata(context.Background(), &kafka.MetadataRequest{})
		if err != nil {
			return false, err
		}
		for _, found := range all.Topics {
			if found.Name == topic {
				return false, nil
			}
		}
		return true, nil
	})
}

func send(topic, codec string, messages []kafka.Message) error {
	compression := map[string]kafka.Compression{
		"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
	}
	writer := &kafka.Writer{
		Addr: kafka.TCP(bootstrap), Transport: transport, Topic: topic, RequiredAcks: kafka.RequireAll, Compression: compression[codec],
		BatchTimeout: 20 * time.Millisecond, BatchBytes: 3_000_000, ReadTimeout: 60 * time.Second, MaxAttempts: 3,
		// The key is a number, which says the partition: only the group's topic has more than one.
		Balancer: kafka.BalancerFunc(func(message kafka.Message, partitions ...int) int {
			var number int
			fmt.Sscanf(string(message.Key), "key-%d", &number)
			return partitions[number%len(partitions)]
		}),
	}
	defer writer.Close()
	return writer.WriteMessages(context.Background(), messages...)
}

func produced(name, codec string) ([]kafka.Message, error) {
	topic := prefix + name
	if err := createAndWait(topic, 1); err != nil {
		return nil, err
	}
	sent := records(count)
	// A writer gives no offsets, so the end is asked for; what lies at each offset is seen by `consume`.
	if err := send(topic, codec, sent); err != nil {
		return nil, err
	}
	first, end, err := ends(topic)
	if err != nil {
		return nil, err
	}
	return sent, equal("ends", []int64{first, end}, []int64{0, count})
}

func ends(topic string) (int64, int64, error) {
	connection, err := kafka.DialLeader(context.Background(), "tcp", bootstrap, topic, 0)
	if err != nil {
		return 0, 0, err
	}
	defer connection.Close()
	return connection.ReadOffsets()
}

func number(message kafka.Message) int {
	var number int
	fmt.Sscanf(string(message.Key), "key-%d", &number)
	return number
}

// read takes the next n messages of a reader without committing them.
func read(reader *kafka.Reader, n int) ([]kafka.Message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var seen []kafka.Message
	for len(seen) < n {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return seen, fmt.Errorf("after %d of %d records: %w", len(seen), n, err)
		}
		seen = append(seen, message)
	}
	return seen, nil
}

func consumed(name string) error {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{bootstrap}, Topic: prefix + name, Partition: 0, MaxWait: 500 * time.Millisecond,
	})
	defer reader.Close()
	seen, err := read(reader, count)
	if err != nil {
		return err
	}
	for i, sent := range records(count) {
		got := []any{seen[i].Offset, string(seen[i].Key), string(seen[i].Value), seen[i].Headers}
		wanted := []any{int64(i), string(sent.Key), string(sent.Value), sent.Headers}
		if err := equal(name, got, wanted); err != nil {
			return err
		}
	}
	return nil
}

func member(group, topic string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{bootstrap}, GroupID: group, Topic: topic, StartOffset: kafka.FirstOffset,
		MaxWait: 500 * time.Millisecond, HeartbeatInterval: time.Second,
	})
}

// holdings says how many partitions each member of a stable group holds, most first.
func holdings(group, topic string) ([]int, error) {
	response, err := client.DescribeGroups(context.Background(), &kafka.DescribeGroupsRequest{GroupIDs: []string{group}})
	if err != nil {
		return nil, err
	}
	if response.Groups[0].GroupState != "Stable" {
		return nil, fmt.Errorf("group is %s", response.Groups[0].GroupState)
	}
	var held []int
	for _, member := range response.Groups[0].Members {
		for _, assigned := range member.MemberAssignments.Topics {
			if assigned.Topic == topic {
				held = append(held, len(assigned.Partitions))
			}
		}
	}
	sort.Ints(held)
	return held, nil
}

func rebalanced() error {
	topic := prefix + "group"
	if err := createAndWait(topic, 6); err != nil {
		return err
	}
	var lock sync.Mutex
	var seen []int
	var failure error
	members := make([]*kafka.Reader, 3)
	for i := range members {
		reader := member(topic, topic)
		members[i] = reader
		go func() {
			for {
				message, err := reader.FetchMessage(context.Background())
				lock.Lock()
				if err != nil {
					// A closed reader ends with io.EOF.
					if err.Error() != "EOF" {
						failure = err
					}
					lock.Unlock()
					return
				}
				seen = append(seen, number(message))
				lock.Unlock()
			}
		}()
	}
	hold := func(wanted ...int) error {
		return until(fmt.Sprint("members holding ", wanted), func() (bool, error) {
			held, err := holdings(topic, topic)
			if err != nil {
				return false, err
			}
			return true, equal("held", held, wanted)
		})
	}
	err := hold(2, 2, 2)
	if err == nil {
		err = members[2].Close()
	}
	if err == nil {
		err = hold(3, 3)
	}
	if err == nil {
		err = send(topic, "none", records(60))
	}
	if err == nil {
		err = until("60 records", func() (bool, error) {
			lock.Lock()
			defer lock.Unlock()
			return len(seen) >= 60, failure
		})
	}
	members[0].Close()
	members[1].Close()
	if err != nil {
		return err
	}
	lock.Lock()
	defer lock.Unlock()
	sort.Ints(seen)
	wanted := make([]int, 60)
	for i := range wanted {
		wanted[i] = i
	}
	return equal("records", seen, wanted)
}

func committed(name string) error {
	if _, err := produced(name, "none"); err != nil {
		return err
	}
	reader := member(prefix+name, prefix+name)
	defer reader.Close()
	seen, err := read(reader, 50)
	if err != nil {
		return err
	}
	return reader.CommitMessages(context.Background(), seen[49])
}

func resumed(name string) error {
	reader := member(prefix+name, prefix+name)
	defer reader.Close()
	seen, err := read(reader, 50)
	if err != nil {
		return err
	}
	for i, message := range seen {
		if err := equal("record", []int{int(message.Offset), number(message)}, []int{50 + i, 50 + i}); err != nil {
			return err
		}
	}
	return nil
}

func sought() error {
	topic := prefix + "timestamp"
	sent, err := produced("timestamp", "none")
	if err != nil {
		return err
	}
	for _, at := range []time.Time{sent[50].Time, sent[49].Time.Add(time.Millisecond)} {
		response, err := client.ListOffsets(context.Background(), &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: {kafka.TimeOffsetOf(0, at)}},
		})
		if err != nil {
			return err
		}
		for offset := range response.Topics[topic][0].Offsets {
			if err := equal("offset of a timestamp", offset, int64(50)); err != nil {
				return err
			}
		}
	}
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, Partition: 0, MaxWait: 500 * time.Millisecond})
	defer reader.Close()
	if err := reader.SetOffsetAt(context.Background(), sent[50].Time); err != nil {
		return err
	}
	seen, err := read(reader, 50)
	if err != nil {
		return err
	}
	return equal("first record", number(seen[0]), 50)
}

func before() {
	topic := prefix + "admin"
	cell("create", func() error {
		return create(topic, 2, kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: "3600000"})
	})
	cell("describe", func() error { return described(topic, 2, "3600000") })
	cell("alter", func() error { return altered(topic) })
	cell("delete", func() error { return deleted(topic) })
	for _, codec := range codecs {
		cell(codec, func() error {
			_, err := produced(codec, codec)
			return err
		})
	}
	report("idempotent", "n/a", "its writer has no such setting")
	cell("consume", func() error {
		for _, codec := range codecs {
			if err := consumed(codec); err != nil {
				return err
			}
		}
		return nil
	})
	cell("group", rebalanced)
	cell("resume", func() error {
		if err := committed("resume"); err != nil {
			return err
		}
		return resumed("resume")
	})
	cell("timestamp", sought)
	cell("bad-name", func() error { return refused(kafka.InvalidTopic, create("bad name!", 1)) })
	cell("unknown-topic", func() error {
		_, err := metadata(prefix + "nowhere")
		return refused(kafka.UnknownTopicOrPartition, err)
	})
	cell("too-large", func() error {
		if err := createAndWait(prefix+"too-large", 1); err != nil {
			return err
		}
		message := kafka.Message{Value: []byte(strings.Repeat("x", 2_000_000))}
		return refused(kafka.MessageSizeTooLarge, send(prefix+"too-large", "none", []kafka.Message{message}))
	})
	if err := committed("restart"); err != nil {
		fmt.Fprintln(os.Stderr, "restart:", err) // the cell fails after the restart
	}
}

func main() {
	if os.Args[1] == "after" {
		cell("restart", func() error { return resumed("restart") })
	} else {
		before()
	}
}
