import type { Provider } from './port.ts'
import type { Patience, PayConfig } from './wire.ts'

/**
 * The provider that the configuration names; null when it names none. Only its own adapter is loaded. Throws when the address or
 * the webhook secret cannot be one, so that a mistake shows at the start and not with the first payer.
 */
export async function openProvider(pay: PayConfig | undefined, patience: Patience = {}): Promise<Provider | null> {
  switch (pay?.provider) {
    case undefined:
      return null
    case 'harbourbank':
      return (await import('./harbourbank.ts')).openHarbourBank(pay, patience)
    case 'stripe':
      return (await import('./stripe.ts')).openStripe(pay, patience)
    case 'govuk_pay':
      return (await import('./govukpay.ts')).openGovukPay(pay, patience)
  }
}
