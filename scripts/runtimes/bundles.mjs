export const measureBundles = async () => []
