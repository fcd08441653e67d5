import type { ServiceDefinition, Workflow } from './schema.ts'

/** The workflow of a file that has none: submitted, in review, then granted or refused. */
export const standardWorkflow: Workflow = {
  initial: 'submitted',
  states: [
    {
      id: 'submitted',
      label: { en: 'Submitted', es: 'Presentada', ar: 'تم التقديم' },
      with: 'agency',
      clock: 'running',
      final: false,
    },
    {
      id: 'in_review',
      label: { en: 'In review', es: 'En revisión', ar: 'قيد المراجعة' },
      with: 'agency',
      clock: 'running',
      final: false,
    },
    {
      id: 'granted',
      label: { en: 'Granted', es: 'Concedida', ar: 'تمت الموافقة' },
      with: 'nobody',
      clock: 'running',
      final: true,
    },
    {
      id: 'refused',
      label: { en: 'Refused', es: 'Denegada', ar: 'مرفوض' },
      with: 'nobody',
      clock: 'running',
      final: true,
    },
  ],
  transitions: [
    {
      id: 'start_review',
      label: { en: 'Start review', es: 'Iniciar revisión', ar: 'بدء المراجعة' },
      from: ['submitted'],
      to: 'in_review',
      by: ['officer', 'supervisor'],
      reason: 'none',
      four_eyes: false,
      effects: [],
    },
    {
      id: 'grant',
      label: { en: 'Grant', es: 'Conceder', ar: 'الموافقة' },
      from: ['submitted', 'in_review'],
      to: 'granted',
      by: ['officer', 'supervisor'],
      outcome: 'granted',
      reason: 'optional',
      four_eyes: false,
      effects: [],
    },
    {
      id: 'refuse',
      label: { en: 'Refuse', es: 'Denegar', ar: 'الرفض' },
      from: ['submitted', 'in_review'],
      to: 'refused',
      by: ['officer', 'supervisor'],
      outcome: 'refused',
      reason: 'required',
      four_eyes: false,
      effects: [],
    },
  ],
}

/** The workflow of a service: its own, or the standard one. */
export function workflowOf(definition: ServiceDefinition): Workflow {
  return definition.workflow ?? standardWorkflow
}
