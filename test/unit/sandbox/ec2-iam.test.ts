import { describe, expect, it } from 'vitest';
import { breakEstate } from '../../../src/lib/sandbox/estate-faults.js';
import { ec2Module } from '../../../src/lib/sandbox/services/ec2/module.js';
import { addNetwork } from '../../../src/lib/sandbox/services/ec2/store.js';
import { iamModule } from '../../../src/lib/sandbox/services/iam/module.js';
import { deleteRole, roleAllows } from '../../../src/lib/sandbox/services/iam/store.js';
import { stsModule } from '../../../src/lib/sandbox/services/sts/module.js';
import { type Answer, callIn, refusal, worldOf } from '../../helpers/service-world.js';

const region = 'eu-west-1';

describe('the simulated EC2 look-ups', () => {
  const start = () => {
    const world = worldOf(ec2Module());
    return { world, call: callIn(world, 'ec2') };
  };

  it('has a default VPC with two subnets in two zones and a security group', async () => {
    const { call } = start();
    const { Vpcs } = await call('DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] });
    const inVpc = { Filters: [{ Name: 'vpc-id', Values: [Vpcs[0].VpcId] }] };
    const { Subnets } = await call('DescribeSubnets', inVpc);
    expect(Subnets.map((subnet: Answer) => subnet.AvailabilityZone)).toEqual(['eu-west-1a', 'eu-west-1b']);
    expect((await call('DescribeSecurityGroups', inVpc)).SecurityGroups).toHaveLength(1);
    expect((await call('DescribeNatGateways', {})).NatGateways).toEqual([]);
  });

  it('gives the same ids in every sandbox and different ones per region', async () => {
    const idIn = async (where: string) => (await start().call('DescribeVpcs', {}, { region: where })).Vpcs[0].VpcId;
    expect(await idIn(region)).toBe(await idIn(region));
    expect(await idIn(region)).not.toBe(await idIn('us-east-1'));
  });

  it('filters by tag and with wildcards, several filters together', async () => {
    const { world, call } = start();
    addNetwork(world, region, { vpc: 'shop-prod', subnets: ['shop-private-a', 'shop-private-b', 'other'] });
    const subnets = async (...Filters: object[]) =>
      (await call('DescribeSubnets', { Filters })).Subnets.map(
        (subnet: Answer) => subnet.Tags.find((tag: Answer) => tag.Key === 'Name')?.Value,
      );
    expect(await subnets({ Name: 'tag:Name', Values: ['shop-private-*'] })).toEqual([
      'shop-private-a',
      'shop-private-b',
    ]);
    expect(
      await subnets({ Name: 'tag:Name', Values: ['shop-private-?'] }, { Name: 'availability-zone', Values: ['*b'] }),
    ).toEqual(['shop-private-b']);
    expect(
      await subnets({ Name: 'tag-key', Values: ['Name'] }, { Name: 'tag:Name', Values: ['other', 'nope'] }),
    ).toEqual(['other']);
  });

  it('refuses unknown ids and unknown filters with the texts of AWS', async () => {
    const { call } = start();
    expect(await refusal(call('DescribeVpcs', { VpcIds: ['vpc-nope'] }))).toBe(
      "InvalidVpcID.NotFound: The vpc ID 'vpc-nope' does not exist",
    );
    expect(await refusal(call('DescribeSubnets', { SubnetIds: ['subnet-nope'] }))).toContain(
      'InvalidSubnetID.NotFound',
    );
    expect(await refusal(call('DescribeVpcEndpoints', { Filters: [{ Name: 'nope', Values: ['x'] }] }))).toBe(
      "InvalidParameterValue: The filter 'nope' is invalid",
    );
  });
});

describe('the simulated IAM and STS', () => {
  const role = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
  const start = () => {
    const world = worldOf(iamModule(), stsModule());
    return { world, iam: callIn(world, 'iam'), sts: callIn(world, 'sts') };
  };

  it('has the execution role, in every region the same', async () => {
    const { iam } = start();
    const { Role } = await iam('GetRole', { RoleName: 'ecsTaskExecutionRole' }, { region: 'us-east-1' });
    expect(Role.Arn).toBe(role);
    expect(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)).Statement).toHaveLength(1);
    const { AttachedPolicies } = await iam('ListAttachedRolePolicies', { RoleName: 'ecsTaskExecutionRole' });
    expect(AttachedPolicies[0].PolicyName).toBe('AmazonECSTaskExecutionRolePolicy');
  });

  it('knows no role that was not made', async () => {
    expect(await refusal(start().iam('GetRole', { RoleName: 'nope' }))).toBe(
      'NoSuchEntity: The role with name nope cannot be found.',
    );
  });

  it('allows everything until a fault takes a permission away', async () => {
    const { world, iam } = start();
    const decide = async () => {
      const ask = { PolicySourceArn: role, ActionNames: ['ssm:GetParameters', 'logs:PutLogEvents'] };
      return (await iam('SimulatePrincipalPolicy', ask)).EvaluationResults.map((each: Answer) => each.EvalDecision);
    };
    expect(await decide()).toEqual(['allowed', 'allowed']);
    expect(roleAllows(world, { roleArn: role, use: 'ssm' })).toBe(true);
    expect(breakEstate(world, { kind: 'deny-role', region, target: 'ecsTaskExecutionRole:ssm' })).toBeDefined();
    expect(await decide()).toEqual(['implicitDeny', 'allowed']);
    expect(roleAllows(world, { roleArn: role, use: 'ssm' })).toBe(false);
  });

  it('lets nobody assume or use a deleted role', async () => {
    const { world, sts } = start();
    deleteRole(world, role);
    expect(await refusal(sts('AssumeRole', { RoleArn: role, RoleSessionName: 'ada' }))).toContain('AccessDenied');
    expect(roleAllows(world, { roleArn: role, use: 'assume' })).toBe(false);
  });

  it('says who the caller is: the user, or the session that its key belongs to', async () => {
    const { sts } = start();
    expect((await sts('GetCallerIdentity')).Arn).toBe('arn:aws:iam::123456789012:user/sandbox');
    const { Credentials } = await sts('AssumeRole', { RoleArn: role, RoleSessionName: 'ada' });
    const { Arn } = await sts('GetCallerIdentity', {}, { accessKeyId: Credentials.AccessKeyId, region: 'us-east-1' });
    expect(Arn).toBe('arn:aws:sts::123456789012:assumed-role/ecsTaskExecutionRole/ada');
    expect(Credentials.AccessKeyId).not.toMatch(/^A(KIA|SIA)/);
  });
});
