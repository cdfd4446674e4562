import { BadRequestError } from '../../src/errors.js'

/** The domains of AWS's partitions, by the start of the region. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const domains: readonly (readonly [start: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
]

/** The regional part of a service's host. */
export const regionalHost = (region: string, provider: string): string =>
  `${validRegion(region, provider)}.${domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'}`

/** Validates the region, as it becomes part of the host that receives the credentials. */
function validRegion(region: string, provider: string): string {
  if (/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(region)) return region
  throw new BadRequestError(`Invalid AWS region '${region.slice(0, 60)}'. Use a region such as 'us-east-1'.`, {
    provider,
    param: 'region',
  })
}
