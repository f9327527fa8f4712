import { describe, expect, it } from 'vitest';
import { snsModule } from '../../../src/lib/sandbox/services/sns/module.js';
import { snsState } from '../../../src/lib/sandbox/services/sns/state.js';
import { callIn, refusal, worldOf } from '../../helpers/service-world.js';

const start = async () => {
  const world = worldOf(snsModule());
  const call = callIn(world, 'sns');
  const { TopicArn } = await call('CreateTopic', { Name: 'alerts', Tags: [{ Key: 'team', Value: 'shop' }] });
  const messages = () => snsState({ world, region: 'eu-west-1' }).topics[TopicArn]?.messages ?? [];
  return { world, call, TopicArn, messages };
};

describe('a topic', () => {
  it('is made once', async () => {
    const { call, TopicArn } = await start();
    expect(TopicArn).toBe('arn:aws:sns:eu-west-1:123456789012:alerts');
    expect((await call('CreateTopic', { Name: 'alerts' })).TopicArn).toBe(TopicArn);
    expect(await refusal(call('CreateTopic', { Name: 'alerts', Tags: [{ Key: 'team', Value: 'other' }] }))).toContain(
      'Topic already exists with different tags',
    );
    expect((await call('ListTopics')).Topics).toEqual([{ TopicArn }]);
    expect((await call('ListTagsForResource', { ResourceArn: TopicArn })).Tags).toEqual([
      { Key: 'team', Value: 'shop' },
    ]);
    await call('DeleteTopic', { TopicArn });
    await call('DeleteTopic', { TopicArn });
    expect(await refusal(call('GetTopicAttributes', { TopicArn }))).toBe('NotFoundException: Topic does not exist');
  });

  it.each(['', 'with space', 'a'.repeat(257)])('cannot be called %j', async (Name) => {
    const { call } = await start();
    expect(await refusal(call('CreateTopic', { Name }))).toContain('InvalidParameterException');
  });

  it('remembers who subscribed, and delivers to nobody', async () => {
    const { call, TopicArn } = await start();
    const mail = { TopicArn, Protocol: 'email', Endpoint: 'team@example.com' };
    expect((await call('Subscribe', mail)).SubscriptionArn).toBe('pending confirmation');
    await call('Subscribe', mail);
    const queue = { TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:eu-west-1:123456789012:alerts' };
    const { SubscriptionArn } = await call('Subscribe', queue);
    const { Subscriptions } = await call('ListSubscriptionsByTopic', { TopicArn });
    expect(Subscriptions.map((each: { SubscriptionArn: string }) => each.SubscriptionArn)).toEqual([
      'PendingConfirmation',
      SubscriptionArn,
    ]);
    expect((await call('GetTopicAttributes', { TopicArn })).Attributes).toMatchObject({
      SubscriptionsConfirmed: '1',
      SubscriptionsPending: '1',
    });
    await call('Unsubscribe', { SubscriptionArn });
    expect((await call('ListSubscriptions')).Subscriptions).toHaveLength(1);
  });
});

describe('publishing', () => {
  it('keeps the message, and tells the timeline its subject and size only', async () => {
    const { call, TopicArn, messages, world } = await start();
    const { MessageId } = await call('Publish', {
      TopicArn,
      Subject: 'deploy failed',
      Message: 'the body is not for everybody',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'failed' } },
    });
    expect(messages()).toMatchObject([
      {
        id: MessageId,
        subject: 'deploy failed',
        message: 'the body is not for everybody',
        attributes: { kind: 'failed' },
      },
    ]);
    const told = JSON.stringify(world.state.timeline);
    expect(told).toContain('published \\"deploy failed\\", 29 bytes');
    expect(told).not.toContain('not for everybody');
  });

  it('keeps the newest hundred', async () => {
    const { call, TopicArn, messages } = await start();
    for (let number = 0; number < 120; number += 1) await call('Publish', { TopicArn, Message: `m${number}` });
    expect(messages()).toHaveLength(100);
    expect(messages()[0]?.message).toBe('m20');
    expect(new Set(messages().map(({ id }) => id)).size).toBe(100);
  });

  it.each([
    [{ Message: '' }, 'Empty message'],
    [{ Message: 'x'.repeat(262_145) }, 'Message too long'],
    [{ Message: 'x', Subject: 'y'.repeat(101) }, 'Subject'],
    [{ Message: 'x', Subject: 'two\nlines' }, 'Subject'],
    [{ Message: '{}', MessageStructure: 'json' }, 'No default entry'],
    [{ Message: '{', MessageStructure: 'json' }, 'failed to parse'],
  ])('refuses case %#', async (input, text) => {
    const { call, TopicArn, messages } = await start();
    const answer = await refusal(call('Publish', { TopicArn, ...input }));
    expect(answer).toMatch(/^InvalidParameterException: Invalid parameter: /);
    expect(answer).toContain(text);
    expect(messages()).toEqual([]);
  });

  it('to a topic that is not there is refused', async () => {
    const { call, TopicArn } = await start();
    expect(await refusal(call('Publish', { TopicArn: `${TopicArn}2`, Message: 'x' }))).toBe(
      'NotFoundException: Topic does not exist',
    );
  });

  it('takes batches entry by entry', async () => {
    const { call, TopicArn, messages } = await start();
    const answer = await call('PublishBatch', {
      TopicArn,
      PublishBatchRequestEntries: [
        { Id: 'a', Message: 'one' },
        { Id: 'b', Message: '' },
      ],
    });
    expect(answer.Successful).toMatchObject([{ Id: 'a' }]);
    expect(answer.Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameter', SenderFault: true }]);
    expect(messages()).toHaveLength(1);
  });
});
