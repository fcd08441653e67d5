declare module 'sepa-payment-qr-code' {
  /** The lines of an EPC QR code; throws on what does not fit. */
  export default function writeQr(data: {
    name: string
    iban: string
    bic?: string
    amount: number | null
    structuredReference?: string
    unstructuredReference?: string
  }): string
}
