import type { Report } from '../report.ts'

/** The path of a report's public page. */
export function reportPath(report: Pick<Report, 'reference'>): string {
  return `/reports/${report.reference}`
}

/** The path of one of its public photos. */
export function photoPath(report: Pick<Report, 'reference'>, photo: string): string {
  return `${reportPath(report)}/photos/${photo}`
}
