import { BadRequestError } from '../../src/errors.js'

/** The domains of AWS's partitions, by the beginning of a region. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const domains: readonly (readonly [start: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
]

/** The host of a service in a region, behind the service's own name. */
export const regional = (region: string, provider: string): string =>
  `${checked(region, provider)}.${domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'}`

/** The region is part of the host that credentials go to. */
function checked(region: string, provider: string): string {
  if (/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(region)) return region
  throw new BadRequestError(`'${region.slice(0, 60)}' is no region of AWS: it is something like us-east-1.`, {
    provider,
    param: 'region',
  })
}
