/** A means by which somebody showed who they are. */
export type Method = 'password' | 'passkey' | 'totp' | 'recovery_code' | 'email_link' | 'letter' | 'provider' | 'code'
