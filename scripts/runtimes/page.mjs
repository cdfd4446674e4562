export const updatePage = () => undefined
