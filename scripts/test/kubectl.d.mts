export declare function findKubectls(): Promise<string[]>
